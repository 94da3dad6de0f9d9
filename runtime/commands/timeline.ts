import type { Command } from 'commander'
import { alignColumns } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { timeline, type WrittenTimeline } from '../jobs/timeline.ts'
import { implement, KEPT_ROWS, outOption, positiveNumber, warn, withJson } from './command.ts'
import { print } from './output.ts'

interface TimelineFlags {
  readonly json?: boolean
  readonly out?: string
  readonly run?: string
  readonly fromS?: number
  readonly toS?: number
  readonly flows?: boolean
  readonly plain?: boolean
}

/** chrome://tracing reads a file as one text, and refuses larger ones. */
const LARGE_BYTES = 256e6

const HELP = `
The file is RUN.timeline.json.gz, in Chrome's Trace Event Format: open it in https://ui.perfetto.dev or chrome://tracing.
Replicas are tracks, batches are slices, and requests in engines are async slices. Queues, requests in the system, busy
replicas and memory are counters. Requests that were not served are marks.
${KEPT_ROWS}

Examples:
  $ spillway timeline runs/today
  $ spillway timeline runs/today --run replication-1 --from-s 60 --to-s 70 --flows`

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a folder with raw rows'))
    .addOption(outOption('the timeline', 'the folder of the rows'))
    .option('--run <name>', 'default: replay-1 where the folder has replays, else replication-1')
    .option('--from-s <s>', 'leave out what ended before this time of the run', positiveNumber)
    .option('--to-s <s>', 'leave out what began after this time of the run', positiveNumber)
    .option('--flows', 'draw an arrow from the arrival of each request to its batch')
    .option('--plain', 'write plain JSON, RUN.timeline.json, without gzip')
  const perform = async (signal: AbortSignal, directory: string, options: TimelineFlags) => {
    const written = await timeline(directory, { ...options, signal })
    const { counts } = written
    if (counts.characters > LARGE_BYTES) {
      const size = `${Math.round(counts.characters / 1e6).toLocaleString('en-US')} MB of JSON`
      const events = `${counts.events.toLocaleString('en-US')} events`
      warn(
        `${events}, ${size}: chrome://tracing opens up to 256 MB, and Perfetto needs several times ` +
          'the size in memory; choose a part of the run with --from-s and --to-s',
      )
    }
    print(options, written, textOf(written))
    return EXIT.ok
  }
  implement(command, HELP, perform)
}

/** What each kind of event is called, in the order of the table. */
const KINDS = {
  batches: 'slices of batches',
  sequences: 'slices of requests in engines',
  loads: 'slices of loads and unloads',
  absences: 'slices of absent replicas',
  surges: 'slices of surges',
  marks: 'marks of requests not served',
  arrows: 'arrows',
  counter_values: 'values of counters',
} as const

function textOf({ written, run, requests, counts }: WrittenTimeline): string {
  const number = (n: number) => n.toLocaleString('en-US')
  const kinds = Object.entries(KINDS) as [keyof typeof KINDS, string][]
  const table = kinds
    .filter(([kind]) => counts[kind] > 0)
    .map(([kind, label]) => [label, number(counts[kind])])
  return [
    `${run}: ${number(requests)} requests, ${number(counts.events)} events`,
    '',
    alignColumns(table),
    '',
    `${written}: open it in https://ui.perfetto.dev or chrome://tracing`,
  ].join('\n')
}
