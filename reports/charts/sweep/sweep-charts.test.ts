import { afterEach, describe, expect, test, vi } from 'vitest'
import { invalidRow, sampleRow, sampleSweep } from '../../sample-sweep.test-helper.ts'
import { NARROW, WIDE } from '../frame.ts'
import { toSvg } from '../render.ts'
import { DARK, LIGHT } from '../theme.ts'
import { sweepCharts } from './index.ts'

const names = (...given: Parameters<typeof sweepCharts>) =>
  sweepCharts(...given).map(({ name }) => name)

const titleOf = (name: string, ...given: Parameters<typeof sweepCharts>) => {
  const { title } = sweepCharts(...given).find((chart) => chart.name === name)!.spec
  return (title as { text: string[] }).text.join(' ')
}

/** A sweep of one value, with these verdicts. */
function along(...verdicts: readonly ('PASS' | 'FAIL' | 'UNDECIDED')[]) {
  const rows = verdicts.map((verdict, i) =>
    sampleRow(i + 1, [String(i + 1)], { ms: 90 / (i + 1), verdict, replicas: i + 1, usd: null }),
  )
  const values = verdicts.map((_, i) => String(i + 1))
  return sampleSweep({ rows, grid: [values], paths: ['pools.central.replicas'], price: null })
}

afterEach(() => vi.restoreAllMocks())

describe('charts of a sweep', () => {
  test('are those that it has data for', () => {
    expect(names(sampleSweep())).toEqual(['sweep-heat', 'sweep-lines', 'sweep-front'])
    expect(names(sampleSweep({ price: null }))).toEqual(['sweep-heat', 'sweep-lines'])
    expect(names(along('FAIL', 'PASS'))).toEqual(['sweep-lines'])
    const list = sampleSweep({ grid: null })
    expect(names(list)).toEqual(['sweep-lines', 'sweep-front'])
    expect(names(sampleSweep({ rows: [invalidRow(1, ['0', '4'])] }))).toEqual([])
    // a heat map with holes would mislead
    const some = sampleSweep({ rows: sampleSweep().rows.slice(1) })
    expect(names(some)).not.toContain('sweep-heat')
  })

  test('of batch sizes and cards have their capacities, dashed where they are not measured', () => {
    const sweep = sampleSweep({
      paths: ['pools.central.accelerator', 'pools.central.batching.max_batch'],
      grid: [
        ['t4', 'l4'],
        ['4', '8'],
      ],
      rows: ['t4', 'l4'].flatMap((card, i) =>
        ['4', '8'].map((size, j) => {
          const given = { ms: 30, verdict: 'PASS' as const, replicas: 1 + i + 2 * j, usd: null }
          const row = sampleRow(2 * i + j + 1, [card, size], given)
          const figures = { ...row.figures!, ...(i === 0 && { measured_times: true as const }) }
          return { ...row, figures }
        }),
      ),
    })
    expect(titleOf('sweep-throughput', sweep)).toBe(
      'l4 has the highest capacity, 1,200 req/s, at max_batch 8',
    )
    const equal = sweep.rows.map((row) => {
      const figures = { ...row.figures!, capacity_rps: 900 }
      return { ...row, figures }
    })
    expect(titleOf('sweep-throughput', { ...sweep, rows: equal })).toMatch(
      /^(t4 and l4|l4 and t4) have the highest capacity, 900 req\/s, at max_batch 4$/,
    )
    const { spec } = sweepCharts(sweep).find(({ name }) => name === 'sweep-throughput')!
    const lines = (spec as { layer: { mark: { type: string; strokeDash?: number[] } }[] }).layer
    const dashes = lines.flatMap(({ mark }) => (mark.type === 'line' ? [mark.strokeDash] : []))
    expect(dashes).toEqual([[6, 4], undefined])
    // other dimensions are no card
    expect(names(sampleSweep())).not.toContain('sweep-throughput')
  })

  test('have their finding as title', () => {
    const sweep = sampleSweep()
    expect(titleOf('sweep-heat', sweep)).toBe(
      '4 of 8 combinations of replicas and max_batch hold every objective',
    )
    expect(titleOf('sweep-front', sweep)).toBe(
      'From 6 USD to 8 USD an hour the latency falls from 44 ms to 31 ms',
    )
    expect(titleOf('sweep-lines', sweep)).toMatch(
      /^p\(95\) latency of web is from 31 ms \(replicas 4, max_batch 8\) to 100 ms .* limit is 60 ms$/,
    )
    expect(titleOf('sweep-lines', along('FAIL', 'PASS', 'PASS'))).toBe(
      'From replicas 2 on every objective holds',
    )
    expect(titleOf('sweep-lines', along('PASS', 'PASS', 'UNDECIDED'))).toBe(
      'Up to replicas 2 every objective holds',
    )
    expect(titleOf('sweep-lines', along('PASS', 'FAIL', 'PASS'))).toMatch(
      /^p\(95\) latency of web is/,
    )
    const none = sampleSweep({ rows: sampleSweep().rows.slice(0, 4) })
    expect(titleOf('sweep-front', none)).toMatch(/^No configuration .* holds every objective$/)
  })

  test('colour verdicts alike, the limit red, and only with colours that have a dark counterpart', async () => {
    const known = new Set([...Object.values(LIGHT), 'none', 'transparent'])
    expect(Object.keys(DARK)).toEqual(Object.keys(LIGHT))
    for (const { name, spec } of sweepCharts(sampleSweep())) {
      const svg = await toSvg(spec)
      for (const [, colour] of svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)) {
        expect(known, name).toContain(colour)
      }
      for (const colour of [LIGHT.simulated, LIGHT.sendDelay]) expect(svg).toContain(colour)
      expect(svg.includes(LIGHT.limit), name).toBe(name !== 'sweep-heat')
    }
  })

  test.each([
    ['wide', WIDE],
    ['narrow', NARROW],
  ])('are drawn %s without a warning and fit', async (_, width) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const long = `'{ policy: "dynamic" }', ${'x'.repeat(60)}`
    const rows = [
      ...sampleSweep().rows,
      invalidRow(9, ['5', long]),
      sampleRow(10, ['6', long], { ms: 5, verdict: 'UNDECIDED', replicas: 6, usd: 12 }),
    ]
    for (const sweep of [sampleSweep(), sampleSweep({ rows, grid: null }), along('PASS')]) {
      for (const { spec } of sweepCharts(sweep, width)) {
        const svg = await toSvg(spec)
        expect(svg).not.toMatch(/NaN|undefined|Infinity/)
        expect(Number(/width="(\d+(?:\.\d+)?)"/.exec(svg)?.[1])).toBeLessThanOrEqual(width + 12)
      }
    }
    expect(warn.mock.calls).toEqual([])
  })
})
