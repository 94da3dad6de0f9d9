import { sweepHtml, sweepText } from '../../reports/index.ts'
import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { JOURNAL_FILE } from '../folders/sweep-journal.ts'
import { RESULTS_FILE } from '../folders/sweep-results.ts'
import { mergeShards } from '../jobs/sweep/merge.ts'
import { emit } from './output.ts'

interface MergeOptions {
  readonly json?: boolean
  readonly out?: string
}

export async function perform(
  signal: AbortSignal,
  directories: string[],
  options: MergeOptions,
): Promise<ExitCode> {
  const { out } = options
  const merged = await mergeShards(directories, out, signal)
  const { manifest, lines, document, results, close } = merged
  try {
    const text = sweepText(document, out ?? null)
    await emit(options, { manifest, sweep: document }, 'sweep', text, async (change) => {
      await change.write(JOURNAL_FILE, lines())
      await change.write(RESULTS_FILE, results)
      await change.write('report.html', await sweepHtml(document))
    })
  } finally {
    await close()
  }
  return EXIT.ok
}
