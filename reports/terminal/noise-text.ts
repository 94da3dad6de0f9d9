import type { Noise, NoiseDecision, NoiseThread } from '../../sim/documents/index.ts'
import { percent, percentileName, signedPercent, threeDigits } from '../format.ts'
import { alignColumns } from './align.ts'

const NOTES = [
  'Stalls: gaps in which a spinning thread stood still. Jitter: 99 % of milliseconds have no longer gap.',
  'Steal: time that the hypervisor gave to other machines. Kernel: a fixed piece of work; spread of its medians by',
  'second, and their change from the first second to the last.',
]

const RULE = [
  'A stall matters if it is longer than max(5 % of the service time, 50 µs). A percentile p can be decided if at',
  'most half of 1 − p of the requests meet such a stall, by the whole 95 % interval of that share.',
]

/** How still a machine is, for a terminal. */
export function noiseText({ host, seconds, threads, decisions }: Noise): string {
  const pinned = threads.every(({ core }) => core !== null)
  const where = pinned ? 'each on a core of its own' : 'not pinned to cores'
  const many = threads.length === 1 ? '1 spinning thread' : `${threads.length} spinning threads`
  return [
    `${host.cpu}, ${host.cores} cores: ${many} for ${seconds} s, ${where}`,
    '',
    alignColumns([
      ['thread', 'stalls/s > 0.1 ms', '> 1 ms', 'longest', 'jitter', 'steal'].concat(
        'kernel',
        'spread',
        'trend',
      ),
      ...threads.map(threadRow),
    ]),
    '',
    alignColumns(
      [
        ['service time', 'stalls that matter', 'requests that meet one', 'can be decided here'],
        ...decisions.map(decisionRow),
      ],
      [0, 3],
    ),
    '',
    ...NOTES,
    ...RULE,
  ].join('\n')
}

const ms = (value: number) => `${threeDigits(value)} ms`

function threadRow(thread: NoiseThread): string[] {
  const { role, core, kernel } = thread
  return [
    core === null ? role : `${role}, core ${core}`,
    threeDigits(thread.stalls_per_s),
    threeDigits(thread.long_stalls_per_s),
    ms(thread.longest_stall_ms),
    ms(thread.jitter_ms),
    thread.steal === null ? 'unknown' : percent(thread.steal),
    ms(kernel.median_ms),
    percent(kernel.spread),
    signedPercent(kernel.trend),
  ]
}

function decisionRow(decision: NoiseDecision): string[] {
  const { service_ms, stall_ms, share, share_at_least, share_at_most } = decision
  const interval = `[${percent(share_at_least)}, ${percent(share_at_most)}]`
  return [ms(service_ms), `> ${ms(stall_ms)}`, `${percent(share)} ${interval}`, verdict(decision)]
}

/** The percentiles of a table row in words. */
function verdict({ decided, possible }: NoiseDecision): string {
  const decidable = decided === null ? 'none' : `up to ${percentileName(decided)}`
  if (possible === decided || possible === null) return decidable
  return `${decidable}; ${percentileName(possible)} needs a longer measurement`
}
