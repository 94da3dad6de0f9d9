import { expect, test } from 'vitest'
import { WIDE } from '../charts/frame.ts'
import { gateForest } from '../charts/gate/gate-forest.ts'
import { sampleMeasuredGate } from '../sample-gate.test-helper.ts'
import { gateHtml } from './gate-page.ts'

const gate = sampleMeasuredGate()
const titleOf = (spec: ReturnType<typeof gateForest>) =>
  (spec!.title as { text: string[] }).text.join(' ')

test('a page has the verdict before the chart, and the chart before the tables', async () => {
  const page = await gateHtml(gate)
  const order = ['<b class="FAIL">FAIL</b>', '<figure', '<table', 'What changed', 'Causes']
  const places = order.map((part) => page.indexOf(part))
  expect(places.every((at, i) => at > (places[i - 1] ?? 0))).toBe(true)
  expect(page).toContain('about 34 blocks would tell')
})

test('the title of the chart is its finding', () => {
  const [one] = gate.cases
  expect(titleOf(gateForest(gate, one!, WIDE))).toBe(
    'Service time (+10 %) is worse by more than 5 %',
  )
  const passed = { ...one!, metrics: one!.metrics.filter(({ verdict }) => verdict === 'PASS') }
  expect(titleOf(gateForest(gate, passed, WIDE))).toBe('No metric is worse by more than 5 %')
  expect(gateForest(gate, { ...one!, metrics: [] }, WIDE)).toBeNull()
})

test('a scenario without a base has its figures on the page, and no chart', async () => {
  const [one] = gate.cases
  const figure = { class: 'web', name: 'p50', unit: 'ms', better: 'lower' } as const
  const objective = { base: null, head: null, ratio: null, low: null, high: null }
  const metrics = one!.metrics.slice(0, 1).map((metric) => ({ ...metric, ...objective }))
  const fresh = {
    ...{ ...one!, verdict: 'NEW' as const, measured: null, metrics },
    figures: [{ ...figure, value: 5.12, low: 5.01, high: 5.23 }],
  }
  const page = await gateHtml({ ...gate, verdict: 'NEW', cases: [fresh] })
  expect(page).toContain('95 % of head')
  expect(page).toContain('web: p50')
  expect(page).toContain('5.12')
  expect(page).not.toContain('<figure')
})

test('uncertain inputs are on the page, and their intervals on the chart', async () => {
  const [one] = gate.cases
  const exact = { low: null, high: null, p: null, margin: 0.05 }
  const metrics = one!.metrics.map((metric) => ({
    ...{ ...metric, ...exact },
    with_inputs: { low: metric.ratio! - 0.1, high: null, p_worse: 0.4, hangs_on: null },
  }))
  const inputs = [{ name: 'speed of m', value: 1, low: 0.87, high: 1.15, side: 'both' as const }]
  const drawn = {
    ...{ ...one!, measured: null, metrics, interval: 'inputs' as const },
    uncertain: { draws: 32, replications: 4, settled: true, inputs },
  }
  const prediction = { ...gate, gate: 'prediction' as const, cases: [drawn] }
  const page = await gateHtml(prediction)
  expect(page).toContain('What is not known')
  expect(page).toContain('uncertain inputs: speed of m 0.87 to 1.15; 32 draws')
  const chart = JSON.stringify(gateForest(prediction, drawn, WIDE))
  expect(chart).toContain('dot: change at the stated inputs, bar: 95 % with uncertain inputs')
  // a bar on the band of the margin of each metric, to the edge where it has no upper end
  expect(chart.match(/"high":[\d.]+,"y":/g)).toHaveLength(2 * metrics.length)
})

test('foreign text in a gate is text on its page', async () => {
  const [one] = gate.cases
  const hostile = { ...one!, name: '<img src=x>', reason: '</p><script>' }
  const page = await gateHtml({ ...gate, cases: [hostile] })
  expect(page).not.toContain('<img')
  expect(page).not.toContain('<script')
})
