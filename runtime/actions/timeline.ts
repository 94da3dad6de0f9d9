import { alignColumns } from '../../reports/index.ts'
import { EXIT, type ExitCode, visibleLine } from '../../scenarios/index.ts'
import { warn } from '../commands/command.ts'
import { timeline, type WrittenTimeline } from '../jobs/timeline.ts'
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
    `${visibleLine(written)}: open it in https://ui.perfetto.dev or chrome://tracing`,
  ].join('\n')
}

export async function perform(
  signal: AbortSignal,
  directory: string,
  options: TimelineFlags,
): Promise<ExitCode> {
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
