import { variantsHtml, variantsText } from '../../reports/index.ts'
import { EXIT, type ExitCode, type LoadedScenario, type Variant } from '../../scenarios/index.ts'
import type { Variants } from '../../sim/documents/index.ts'
import { commandLine, note, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { loadVariants } from '../jobs/variants/load-variants.ts'
import { keepVariants } from '../jobs/variants/replay-variants.ts'
import { variants } from '../jobs/variants/variants.ts'
import { emit, VERDICT_EXIT } from './output.ts'

interface VariantsOptions extends ScenarioOptions {
  readonly variant?: readonly Variant[]
  readonly profile?: string
  readonly replications: number
  readonly workers?: number
  readonly warmup?: 'auto'
  readonly replay?: boolean
  readonly replays: number
}

/** By the variant that does best, as one of them is to be chosen. */
function exitOf({ variants: rows, measured }: Variants): ExitCode {
  if (measured?.audit.verdict === 'FAIL') return EXIT.failed
  const verdicts = rows.flatMap(({ row: { verdict } }) => verdict ?? [])
  const best = (['PASS', 'UNDECIDED', 'FAIL'] as const).find((verdict) =>
    verdicts.includes(verdict),
  )
  return VERDICT_EXIT[best ?? 'PASS']
}

export async function perform(
  signal: AbortSignal,
  { file: path }: LoadedScenario,
  options: VariantsOptions,
): Promise<ExitCode> {
  const { replications, workers, replay, replays, out } = options
  const set = await withProgress((onProgress) =>
    withWarmup(path, options, { signal, onProgress, onNote: note }),
  )
  const loaded = await loadVariants(path, {
    ...options,
    set,
    ...(options.variant && { variants: options.variant }),
    signal,
    onNote: note,
  })
  const undo = await writableFolder(out)
  const { document, replayed } = await withProgress((onProgress) =>
    variants(loaded, {
      ...(replay === true && { replays }),
      replications,
      workers,
      signal,
      onProgress,
      command: commandLine(),
    }),
  ).catch(undo)
  const page = out === undefined ? null : await variantsHtml(document)
  await emit(
    options,
    { variants: document },
    'variants',
    variantsText(document),
    async (change) => {
      if (page !== null) await change.write('report.html', page)
      await keepVariants(change, replayed, signal)
    },
  )
  return exitOf(document)
}
