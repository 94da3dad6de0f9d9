import type { Command } from 'commander'
import { each, implement, keptFolder, outOption, withJson } from './command.ts'

const HELP = `
The folders are those of all shards of one sweep, each complete. The result has the same bytes as that of the sweep
without shards. Exit code 2 if --out holds a shard or another sweep, 3 if a shard is missing, double or not complete, 6 if one is of another
sweep.

Example:
  $ spillway merge runs/shard-1 runs/shard-2 --out runs/whole`

export function define(command: Command): void {
  withJson(
    command.argument('<dir...>', 'folders of spillway sweep --shard', each(keptFolder)),
  ).addOption(
    outOption('manifest.json, journal.jsonl, sweep.json, results.parquet and report.html'),
  )
  implement(command, HELP, async () => (await import('../actions/merge.ts')).perform)
}
