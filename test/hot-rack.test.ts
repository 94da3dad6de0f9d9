import { describe, expect, test } from 'vitest'
import { prepare } from '../runtime/jobs/prepare.ts'
import { resolveSystem, runReplication } from '../sim/experiment/index.ts'
import { madeUpProfile } from './profiles.ts'

/** Conclusions of the shipped scenario of a rack that a surge overheats. */

const SURGE_S = 300
const SURGE = 'traffic.speech.arrivals.surges'

async function simulated(...set: string[]) {
  const prepared = await prepare('hot-rack', { set })
  const run = runReplication(resolveSystem(prepared, madeUpProfile(prepared.scenario)), 0)
  const { series, heat } = run.power[0]!
  const everyS = prepared.scenario.duration_s / series.length
  const clocks = heat?.slowest ?? []
  const first = clocks.findIndex((clock) => clock < 1)
  return {
    /** s; null where it never throttles */
    throttledFromS: first < 0 ? null : first * everyS,
    p99Ms: (fromS: number, toS: number) => quantile(run.series, fromS, toS),
    watts: (fromS: number, toS: number) =>
      series.slice(fromS / everyS, toS / everyS).reduce((sum, joules) => sum + joules, 0) /
      (toS - fromS),
    latencyMs: run.classes[0]!.latency.percentiles,
  }
}

type Run = ReturnType<typeof runReplication>

/** p99 of the requests that arrived in this time, ms. */
function quantile({ heat, bucket_s }: Run['series'], fromS: number, toS: number): number {
  const rows = heat.counts.slice(Math.round(fromS / bucket_s), Math.round(toS / bucket_s))
  const bins = heat.latency_edges.slice(1).map((_, bin) => {
    return rows.reduce((sum, row) => sum + row[bin]!, 0)
  })
  const total = bins.reduce((sum, n) => sum + n, 0)
  let below = 0
  const at = bins.findIndex((n) => (below += n) >= 0.99 * total)
  return heat.latency_edges[at + 1]!
}

describe('a surge on a rack', () => {
  test('throttles minutes after it began, and only then lengthens the tail', async () => {
    const [hot, cold] = await Promise.all([simulated(), simulated('pools.cards.heat=null')])
    expect(hot.throttledFromS).toBeGreaterThan(SURGE_S + 60)
    expect(hot.throttledFromS).toBeLessThan(SURGE_S + 300)
    // the first minute of the surge is as without heat, the last part is far worse
    expect(hot.p99Ms(320, 380)).toBeLessThan(1.05 * cold.p99Ms(320, 380))
    expect(hot.p99Ms(750, 900)).toBeGreaterThan(3 * cold.p99Ms(750, 900))
    // cards below the full clock take less power
    expect(hot.watts(750, 900)).toBeLessThan(0.97 * cold.watts(750, 900))
  })

  test('is needed for that: without it, nothing throttles and the tail stays', async () => {
    const [hot, cold] = await Promise.all([
      simulated(`${SURGE}=[]`),
      simulated(`${SURGE}=[]`, 'pools.cards.heat=null'),
    ])
    expect(hot.throttledFromS).toBeNull()
    expect(hot.latencyMs).toEqual(cold.latencyMs)
  })

  test('does no harm with colder air, a power limit or one more card', async () => {
    const [asIs, ...cures] = (await prepare('hot-rack', { set: [] })).variants
    expect([asIs!.set, cures.length]).toEqual([[], 3])
    for (const { name, set } of cures) {
      const cured = await simulated(...set)
      expect(cured.throttledFromS, name).toBeNull()
      expect(cured.p99Ms(750, 900), name).toBeLessThan(2500)
    }
  })
})
