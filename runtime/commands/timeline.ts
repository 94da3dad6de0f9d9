import type { Command } from 'commander'
import { implement, KEPT_ROWS, keptFolder, outOption, positiveNumber, withJson } from './command.ts'

const HELP = `
The file is RUN.timeline.json.gz, in Chrome's Trace Event Format: open it in https://ui.perfetto.dev or chrome://tracing.
Replicas are tracks, batches are slices, and requests in engines are async slices. Queues, requests in the system, busy
replicas and memory are counters. Requests that were not served are marks.
${KEPT_ROWS}

Examples:
  $ spillway timeline runs/today
  $ spillway timeline runs/today --run replication-1 --from-s 60 --to-s 70 --flows`

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a folder with raw rows', keptFolder))
    .addOption(outOption('the timeline', 'the folder of the rows'))
    .option('--run <name>', 'default: replay-1 where the folder has replays, else replication-1')
    .option('--from-s <s>', 'leave out what ended before this time of the run', positiveNumber)
    .option('--to-s <s>', 'leave out what began after this time of the run', positiveNumber)
    .option('--flows', 'draw an arrow from the arrival of each request to its batch')
    .option('--plain', 'write plain JSON, RUN.timeline.json, without gzip')
  implement(command, HELP, async () => (await import('../actions/timeline.ts')).perform)
}
