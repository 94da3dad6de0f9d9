import type { Command } from 'commander'
import { variantsHtml, variantsText } from '../../reports/index.ts'
import { EXIT, type ExitCode, type Variant } from '../../scenarios/index.ts'
import type { Variants } from '../../sim/documents/index.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { keepVariants } from '../jobs/variants/kept-variants.ts'
import { loadVariants } from '../jobs/variants/load-variants.ts'
import { variants } from '../jobs/variants/variants.ts'
import {
  commandLine,
  implement,
  KEPT_ROWS,
  note,
  profileOption,
  replicationsOption,
  type ScenarioOptions,
  scenarioFile,
  variant,
  warmupOption,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit, VERDICT_EXIT } from './output.ts'
import { withProgress } from './progress.ts'

interface VariantsOptions extends ScenarioOptions {
  readonly variant?: readonly Variant[]
  readonly profile?: string
  readonly replications: number
  readonly warmup?: 'auto'
  readonly replay?: boolean
  readonly replays: number
}

const HELP = `
Variants are named changes: under variants: in the scenario file, or by --variant. They are compared with the first one.
A single variant is compared with the scenario as it stands. Each variant has the same requests, at the same rate: a load
is a share of the capacity of the first variant. A difference is called one only if it passes a test of all differences
together (Holm, 5 %).

With --replay the variants are replayed in alternating slices of a second or more, and where slices would change what is
asked, in whole replays. Outputs of each model are compared with those of the first variant on the same inputs.
${KEPT_ROWS}
With --out DIR the replays of a variant are in DIR/NAME, for audit, compare and report.

Exit code 0 if a variant meets every objective or there is none, 4 if all variants fail or the audit of the replays fails,
5 if the best is undecided.

Examples:
  $ spillway variants peak.yaml
  $ spillway variants yardstick --variant 'batch-8: pools.central.batching.max_batch=8'
  $ spillway variants peak.yaml --variant 'fp32:' --variant 'int8: pools.central.precision=int8' --replay --out precision`

export function define(command: Command): void {
  withScenarioOptions(scenarioFile(command), 'variants.json, report.html and rows of replays')
    .option('--variant <text>', "'name: path=value; path=value'; may be repeated", variant)
    .addOption(profileOption())
    .addOption(replicationsOption('interval', 2))
    .addOption(warmupOption())
    .option('--replay', 'also replay the variants on ONNX Runtime')
    .option('--replays <n>', 'replays of each variant, with --replay', wholeNumber(1), 3)
  implement(command, HELP, async (signal, path: string, options: VariantsOptions) => {
    const { variant: given, replications, replay, replays, out } = options
    const set = await withProgress((onProgress) =>
      withWarmup(path, options, { signal, onProgress, onNote: note }),
    )
    const loaded = await loadVariants(path, {
      ...options,
      set,
      ...(given && { variants: given }),
      signal,
      onNote: note,
    })
    const undo = await writableFolder(out)
    const { document, replayed } = await withProgress((onProgress) =>
      variants(loaded, {
        ...(replay === true && { replays }),
        replications,
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
  })
}

/** By the variant that does best, as one of them is to be chosen. */
function exitOf({ variants: rows, measured }: Variants): ExitCode {
  if (measured?.audit.verdict === 'FAIL') return EXIT.failed
  const verdicts = rows.flatMap(({ row: { verdict } }) => verdict ?? [])
  const best = (['PASS', 'UNDECIDED', 'FAIL'] as const).find((one) => verdicts.includes(one))
  return VERDICT_EXIT[best ?? 'PASS']
}
