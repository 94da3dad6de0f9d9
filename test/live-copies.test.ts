import { expect, test } from 'vitest'
import { OUTCOME } from '../sim/serving/index.ts'
import { replaysIn } from './live-replay.ts'
import { changed, TINY } from './scenarios.ts'
import { temporaryFolder } from './spillway.ts'

/** Copies of requests on a live clock; no test depends on speed. */

const folder = temporaryFolder()
const replayed = replaysIn(folder)
const base = changed(
  TINY,
  ['duration_s: 3', 'duration_s: 2'],
  ['warmup_s: 0.5', 'warmup_s: 0'],
  ['rate_rps: 150', 'rate_rps: 600'],
  ['model: mlp', 'model: mlp\n    replicas: 2\n    queue: { mode: per-replica }'],
)
const ARRIVALS = /arrivals: \{[^\n]*\}/

test.each([
  ['hedged', 'hedge: { policy: hedged, after_ms: 0.2 }'],
  ['hedged-parts', 'fan_out: 2\n    hedge: { policy: hedged, after_percentile: 80 }'],
  ['tied', 'hedge: { policy: tied }'],
])('a replay withdraws copies that wait: %s', async (name, hedge) => {
  const { result, rows } = await replayed(name, changed(base, [ARRIVALS, `$&\n    ${hedge}`]))
  const { counts, hedges } = result.classes[0]!
  const { sent, won, withdrawn, redundant } = hedges!
  const further = [...rows.copyOf.keys()].filter((key) => rows.copyOf[key]! >= 0)
  const ends = (outcome: number) => rows.outcome.filter((code) => code === outcome).length
  expect(sent).toBe(further.length)
  expect(sent).toBeGreaterThan(0)
  expect(won).toBe(further.filter((key) => rows.outcome[key] === OUTCOME.served).length)
  expect([withdrawn, redundant]).toEqual([ends(OUTCOME.withdrawn), ends(OUTCOME.redundant)])
  expect(counts.arrived + withdrawn + redundant).toBe(rows.outcome.length)
  if (name === 'tied') expect(withdrawn).toBeGreaterThan(0)
})
