import { expect, test } from 'vitest'
import type { PoolAvailability } from '../../../sim/documents/index.ts'
import { sampleResult } from '../../sample-documents.test-helper.ts'
import { estimateOf } from '../../sample-figures.test-helper.ts'
import { NARROW, WIDE } from '../frame.ts'
import { toSvg } from '../render.ts'
import { LIGHT } from '../theme.ts'
import { replicasOverTime } from './replicas-over-time.ts'

const STEPS = Array.from({ length: 30 }, (_, i) => i)

const AVAILABILITY: PoolAvailability = {
  up_share: estimateOf(0.9, 0.01),
  serving: estimateOf(3, 0.01),
  paid: estimateOf(3.5, 0.01),
  losses: 0,
  series: { every_s: 1, serving: STEPS.map((i) => 2 + i / 10), paid: STEPS.map((i) => 3 + i / 10) },
  decisions: [{ at_s: 5, replicas: 4, reason: 'because' }],
  regret: {
    replica_hours: estimateOf(1.25, 0.1),
    usd: estimateOf(2.5, 0.1),
    short_share: estimateOf(0.05, 0.1),
    short_replica_hours: estimateOf(0.1, 0.1),
    paid_replica_hours: estimateOf(4, 0.1),
    oracle: {
      replica_hours: 2.75,
      serving: STEPS.map(() => 2),
      paid: STEPS.map(() => 2),
      counted: false,
      beyond_max_share: 0,
      steady_rps: [],
    },
  },
}

const chart = (availability: Partial<PoolAvailability> | null, width = WIDE) => {
  const result = sampleResult('simulated', {})
  const [pool, ...others] = result.pools
  const own = availability && { ...AVAILABILITY, ...availability }
  const changed = { ...result, pools: [{ ...pool!, availability: own }, ...others] }
  return replicasOverTime([{ name: 'simulated', color: LIGHT.simulated, result: changed }], width)
}

const titleOf = (spec: ReturnType<typeof chart>) =>
  (spec!.title as { text: string[] }).text.join(' ')

test('replicas are not drawn where none comes or goes', () => {
  expect(chart(null)).toBeNull()
})

test('the oracle and decisions are named where they are drawn, and only there', async () => {
  for (const width of [WIDE, NARROW]) {
    const svg = await toSvg(chart({}, width)!)
    for (const name of ['serving', 'paid', 'oracle', '▾ decisions'])
      expect(svg).toContain(`>${name}<`)
    const bare = await toSvg(chart({ regret: null, decisions: [] }, width)!)
    expect(bare).toContain('>serving<')
    expect(bare).not.toMatch(/oracle|decisions/)
  }
})

test('a decision has its reason', () => {
  expect(JSON.stringify(chart({}))).toContain('4: because')
})

test('the title has the regret, or the losses, or the range', () => {
  expect(titleOf(chart({}))).toMatch(
    /^Pool \S+ pays for 1\.3 replica-hours \(2\.50 USD\) more than the oracle, and has too few replicas in 5\.0 % of the time$/,
  )
  expect(titleOf(chart({ regret: 'no oracle' }))).toMatch(
    /^From 2\.0 to 4\.9 replicas of \S+ serve$/,
  )
  expect(titleOf(chart({ regret: null, losses: 2 }))).toMatch(
    /^Replicas are lost 2 times in \d+ replications?; from 2\.0/,
  )
})
