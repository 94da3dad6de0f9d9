import type { Command } from 'commander'
import { sweepHtml, sweepText } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { JOURNAL_FILE } from '../folders/sweep-journal.ts'
import { RESULTS_FILE } from '../folders/sweep-results.ts'
import { mergeShards } from '../jobs/sweep/merge.ts'
import { implement, outOption, withJson } from './command.ts'
import { emit } from './output.ts'

interface MergeOptions {
  readonly json?: boolean
  readonly out?: string
}

const HELP = `
The folders are those of all shards of one sweep, each complete. The result has the same bytes as that of the sweep
without shards. Exit code 3 if a shard is missing, double or not complete, 6 if one is of another sweep.

Example:
  $ spillway merge runs/shard-1 runs/shard-2 --out runs/whole`

export function define(command: Command): void {
  withJson(command.argument('<dir...>', 'folders of spillway sweep --shard')).addOption(
    outOption('manifest.json, journal.jsonl, sweep.json, results.parquet and report.html'),
  )
  implement(command, HELP, async (_signal, directories: string[], options: MergeOptions) => {
    const { out } = options
    const { manifest, rows, document, results } = await mergeShards(directories, out)
    try {
      const text = sweepText(document, out ?? null)
      await emit(options, { manifest, sweep: document }, 'sweep', text, async (change) => {
        await change.write(JOURNAL_FILE, rows.lines())
        await change.write(RESULTS_FILE, results)
        await change.write('report.html', await sweepHtml(document))
      })
    } finally {
      await rows.close()
    }
    return EXIT.ok
  })
}
