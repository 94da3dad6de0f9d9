import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { JOURNAL_FILE } from '../folders/sweep-journal.ts'
import { mergeShards } from '../jobs/sweep/merge.ts'
import { writeDocuments } from './output.ts'
import { emitSweep } from './sweep.ts'

interface MergeOptions {
  readonly json?: boolean
  readonly out?: string
}

export async function perform(
  signal: AbortSignal,
  directories: string[],
  options: MergeOptions,
): Promise<ExitCode> {
  const merged = await mergeShards(directories, { directory: options.out, signal })
  await emitSweep(options, merged, async (change) => {
    await writeDocuments(change, { manifest: merged.manifest })
    await change.write(JOURNAL_FILE, merged.lines())
  })
  return EXIT.ok
}
