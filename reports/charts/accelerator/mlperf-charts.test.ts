import { expect, test } from 'vitest'
import { toSvg } from '../render.ts'
import { latencyScatterChart } from './latency-scatter.ts'
import { rateErrorsChart } from './rate-errors.ts'

const words = { title: 'A finding', subtitle: 'its source' }
/** Paths of the groups of symbols. */
const dots = (svg: string) =>
  [...svg.matchAll(/class="mark-symbol.*?<\/g>/gs)].flatMap(
    ([group]) => group.match(/<path/g) ?? [],
  )

const errors = [-0.12, 0.03, 0.31].map((error, kind) => ({ error, kind }))
const rates = { ...words, bar: 0.1, kinds: ['a', 'b', 'c'], models: [{ name: 'net', errors }] }

const requests = [15, 22, 37].map((measured, i) => {
  return { measured, simulated: measured * 1.02, fitted: i === 0 }
})
const latencies = { ...words, panels: [{ name: 'net', requests }] }

test('every result has a dot', async () => {
  for (const spec of [rateErrorsChart(rates), latencyScatterChart(latencies)]) {
    const svg = await toSvg(spec)
    expect(dots(svg)).toHaveLength(3)
    expect(svg).not.toContain('NaN')
  }
})

test('the axis of errors has room for the largest and for the whole band', () => {
  const domain = (chart: typeof rates) => {
    const text = JSON.stringify(rateErrorsChart(chart))
    return JSON.parse(/"domain":(\[[^\]]*\])/.exec(text)![1]!) as [number, number]
  }
  expect(domain(rates)[1]).toBeGreaterThan(0.31)
  const small = { ...rates, models: [{ name: 'net', errors: [{ error: 0.01, kind: 0 }] }] }
  expect(domain(small)[0]).toBeLessThan(-0.1)
  expect(domain(small)[1]).toBeGreaterThan(0.1)
  expect(domain(small)[1]).toBeLessThan(domain(rates)[1])
})
