import type { Estimate, Evidence } from '../../documents/index.ts'
import { Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import {
  blockBootstrap,
  PERCENTILES,
  type Percentile,
  percentileKey,
  supports,
  unsupportedReason,
} from '../../stats/index.ts'
import { arrivalsOf, type RecordedRequests } from './recorded-requests.ts'

type Times = Evidence['latencies'][number]

/**
 * The times of the answered requests of a log: from sending, or from receiving, and where the
 * schedule is known from that, too. Intervals are those of blocks of time.
 */
export function recordedTimes(
  log: RecordedRequests,
  counted: 'sent' | 'received',
): Evidence['latencies'] {
  const { sentMs, scheduledMs, firstTokenMs, endMs, outputTokens } = log.columns
  const since = [
    { from: counted, start: sentMs },
    ...(log.scheduled ? [{ from: 'scheduled', start: scheduledMs } as const] : []),
  ]
  const times = [
    ...since.map(({ from, start }) => timesOf(log, 'latency', from, (i) => endMs[i]! - start[i]!)),
    ...since.map(({ from, start }) =>
      timesOf(log, 'ttft', from, (i) => firstTokenMs[i]! - start[i]!),
    ),
    timesOf(log, 'tpot', counted, (i) =>
      outputTokens[i]! > 1 ? (endMs[i]! - firstTokenMs[i]!) / (outputTokens[i]! - 1) : Number.NaN,
    ),
  ]
  return times.filter((each) => each !== null)
}

/** Null where no request has this time. */
function timesOf(
  log: RecordedRequests,
  time: Times['time'],
  from: Times['from'],
  of: (i: number) => Ms,
): Times | null {
  const { count, ok } = log
  const arrivals = arrivalsOf(log)
  const kept: number[] = []
  for (let i = 0; i < count; i++) if (ok[i] === 1 && !Number.isNaN(of(i))) kept.push(i)
  const n = kept.length
  if (n === 0) return null
  const run = {
    at: Float64Array.from(kept, (i) => arrivals[i]!),
    values: Float64Array.from(kept, of),
    from: 0,
    to: arrivals[count - 1]! + 1,
  }
  const levels = PERCENTILES.filter((p) => supports(n, p))
  const random = new Random(`recorded ${time} from ${from}`)
  const found = blockBootstrap(run, levels, { random: () => random.uniform() })
  const estimates = PERCENTILES.map((p): [string, Estimate] => {
    const figure = found[levels.indexOf(p)]
    const none = { value: null, low: null, high: null }
    return [
      percentileKey(p as Percentile),
      figure ? { ...figure, n } : { ...none, n, reason: unsupportedReason(n, p, 'in each run') },
    ]
  })
  const value = run.values.reduce((sum, each) => sum + each, 0) / n
  return {
    time,
    from,
    mean: { value, low: null, high: null, n },
    percentiles: Object.fromEntries(estimates) as Times['percentiles'],
  }
}
