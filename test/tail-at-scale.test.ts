import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prepare } from '../runtime/jobs/prepare.ts'
import { exactCalls } from '../sim/audit/index.ts'
import { keptReplication, simulationInput } from '../sim/experiment/index.ts'
import { ROOT } from './spillway.ts'

/** Conclusions of "The Tail at Scale" (Dean and Barroso 2013) on the library scenario. */

const HEDGED = ['traffic.search.hedge.policy=hedged', 'traffic.search.hedge.after_percentile=95']
const TIED = ['traffic.search.hedge.policy=tied', 'traffic.search.hedge.delay_ms=1']

async function callsOf(changes: readonly string[], seed: number) {
  const file = join(ROOT, 'scenarios/library/tail-at-scale.yaml')
  const { scenario } = await prepare(file, { set: [...changes, `seed=${seed}`, 'duration_s=300'] })
  const { rows } = keptReplication(simulationInput(scenario), 0)
  const { columns } = rows
  const warmupMs = 1000 * scenario.warmup_s
  const { made, answered, values } = exactCalls(columns, {
    class: 0,
    warmupMs,
    levels: [0.9, 0.999],
  })
  expect(made).toBeGreaterThan(2000)
  expect(answered).toBe(made)
  const further = columns.copyOf.filter((first) => first >= 0).length
  return { p90: values[0]!, p999: values[1]!, share: further / (rows.count - further) }
}

test.each([{ seed: 1 }, { seed: 2 }, { seed: 3 }])(
  'copies after the 95th percentile cost 5 % more requests, and cut p99.9 tenfold: seed $seed',
  async ({ seed }) => {
    const plain = await callsOf([], seed)
    const hedged = await callsOf(HEDGED, seed)
    expect(plain.share).toBe(0)
    expect(hedged.share).toBeGreaterThan(0.04)
    expect(hedged.share).toBeLessThan(0.06)
    expect(plain.p999 / hedged.p999).toBeGreaterThan(10)
  },
)

test('tied copies cut the tail of waiting, and not that of slow service', async () => {
  const plain = await callsOf([], 4)
  const tied = await callsOf(TIED, 4)
  // most slow parts wait behind another at their server; the slowest ones run there
  expect(plain.p90 / tied.p90).toBeGreaterThan(2)
  expect(plain.p999 / tied.p999).toBeLessThan(2)
})
