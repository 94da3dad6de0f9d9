import { expect, test } from 'vitest'
import { sliceTable } from './slices.ts'

/** A block in which B takes so many times as long as A. */
const block = (ratio: number, control: number | null) => {
  const latencies = Float64Array.from({ length: 400 }, (_, i) => 1 + i / 400)
  return { a: latencies, b: latencies.map((ms) => ratio * ms), control, sliceMs: 250 }
}

test('the half-width of a ratio is narrower where blocks scatter less', () => {
  const halfOf = (...ratios: readonly number[]) => {
    const blocks = ratios.map((ratio) => block(ratio, 0.01))
    const [line] = sliceTable([{ name: 'A/A', ms: 250, blocks }])
      .split('\n')
      .filter((text) => text.includes('p50'))
    expect(line).toContain('| 250 ms |')
    expect(line).toContain('1.01 % |')
    return Number(/([\d.]+) % \|[^|]*\|$/.exec(line!)![1])
  }
  expect(halfOf(1, 1, 1, 1)).toBe(0)
  expect(halfOf(0.99, 1.01, 0.99, 1.01)).toBeLessThan(halfOf(0.9, 1.1, 0.9, 1.1))
})

test('a single block has no half-width, and a machine without a control kernel no control', () => {
  const text = sliceTable([{ name: 'A/A', ms: 250, blocks: [block(1, null)] }])
  expect(text).toMatch(/\| A\/A +\| +250 ms +\| +1 +\| p50 +\| +1\.0000 +\| +– +\| +– +\|/)
})
