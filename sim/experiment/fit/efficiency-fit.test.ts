import { expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/load/accelerators.ts'
import { resampledFit, SHAPE_NAMES, tryShape } from '../../accelerator/index.ts'
import { stream } from '../../kernel/index.ts'
import { encoderPass } from '../simulation/measured-pass.ts'
import { encoderWork, type TransformerWork } from '../simulation/transformer-times.ts'
import { confidenceOf, type FittedRow, precisionFit } from './efficiency-fit.ts'

const size = { layers: 12, hidden: 768, heads: 12, vocabulary: 30_522 }
const efficiency = { compute: 0.45, memory: 0.6, launch_us: 7, saturation_tokens: 0 }
const work: TransformerWork = { law: 'transformer-encoder', ...size, cv: 0 }
const accelerator = shippedAccelerators().find(({ name }) => name === 't4')!
const pool = { accelerator, precision: 'fp16' } as const
const place = { accelerator: 't4', engine: 'FasterTransformer' }

/** Rows of batches whose times are those of known efficiencies. */
function rowsOf(batches: readonly number[], lengths: readonly number[]): FittedRow[] {
  const { mean } = encoderWork({ ...work, efficiency }, pool)
  return batches
    .flatMap((batch) =>
      lengths.map((length) => {
        const pass = encoderPass(work, pool, { size: batch, length })
        const ms = mean(batch, length)
        const row = { line: 2, batch, length, prefillTokens: 0, ms }
        return { ...pass, at: { batch, length }, ms, row }
      }),
    )
    .map((pass, i) => ({ ...pass, row: { ...pass.row, line: i + 2 } }))
}

function fitOf(rows: readonly FittedRow[], stated?: typeof efficiency) {
  const trials = SHAPE_NAMES.map((name) => tryShape(name, rows))
  const of = { precision: 'fp16', ofPool: true, rows, trials, source: 'rows.csv', place }
  return precisionFit({ ...of, efficiency: stated })
}

test('times of known efficiencies give them back, and say what they were fitted to', () => {
  const fit = fitOf(rowsOf([1, 8, 32], [32, 128, 384]))
  expect(fit.shapes.find(({ chosen }) => chosen)!.name).toBe('plain')
  const near = (found: number, known: number) =>
    expect(Math.abs(found / known - 1)).toBeLessThan(0.05)
  near(fit.efficiency.compute, efficiency.compute)
  near(fit.efficiency.memory, efficiency.memory)
  near(fit.efficiency.launch_us, efficiency.launch_us)
  expect(fit.efficiency.fitted).toMatchObject({ batch: [1, 32], length: [32, 384] })
  expect(fit.efficiency.fitted).toMatchObject({ ...place, precision: 'fp16' })
  expect(fit.left_out.median).toBeLessThan(0.02)
  expect(fit.unfitted.median).toBeGreaterThan(0.05)
  expect(fit.sure).toMatch(/^Usable between the measured rows\./)
})

/** Rows whose times scatter about the law, each on its own. */
const scattered = (rows: readonly FittedRow[], by: number): FittedRow[] => {
  const random = stream(1, 0, 'scatter')
  return rows.map((pass) => {
    const ms = pass.ms * Math.exp(by * random.normal())
    return { ...pass, ms, row: { ...pass.row, ms } }
  })
}

test('the width follows from all rows that were left out, and is stated in words', () => {
  const rows = scattered(rowsOf([1, 2, 4, 8, 16, 32], [32, 64, 128, 384]), 0.05)
  const { efficiency: found, sure, left_out: left } = fitOf(rows)
  const { width } = found.fitted
  // 1.96 deviations of 5 %, by t, and with what the fit adds to the scatter
  expect(width).toBeGreaterThan(0.08)
  expect(width).toBeLessThan(0.15)
  expect(width).toBeGreaterThan(left.median)
  const text = `95 % of times at a size that was not measured are within ± ${Number((100 * width!).toPrecision(2))} %.`
  expect(sure).toContain(text)
  const exact = fitOf(rowsOf([1, 8, 32], [32, 128, 384])).efficiency.fitted.width!
  expect(exact).toBeGreaterThanOrEqual(0.001)
  expect(exact).toBeLessThan(0.02)
})

test('laws of resampled rows are as a scenario has them, and neighbours are alike', () => {
  const rows = scattered(rowsOf([1, 8, 32], [32, 128, 384]), 0.05)
  const trials = SHAPE_NAMES.map((name) => tryShape(name, rows))
  const resampled = Array.from({ length: 7 }, (_, i) => resampledFit(rows, trials, i))
  const of = { precision: 'fp16', ofPool: true, rows, trials, source: 'rows.csv', place }
  const { alternatives } = precisionFit({ ...of, efficiency: undefined, resampled }).efficiency
  expect(alternatives).toHaveLength(7)
  const columns = (['compute', 'memory', 'launch_us'] as const).map((key) =>
    alternatives!.map((law) => law[key]),
  )
  const rising = columns.filter((values) =>
    values.every((value, i) => value >= (values[i - 1] ?? 0)),
  )
  expect(rising.length).toBeGreaterThanOrEqual(1)
  for (const value of columns.flat()) expect(String(value).length).toBeLessThanOrEqual(7)
  expect('alternatives' in fitOf(rows).efficiency).toBe(false)
})

test('efficiencies that fit already are said to be no worse', () => {
  const fit = fitOf(rowsOf([1, 8, 32], [32, 128, 384]), efficiency)
  expect(fit.unfitted.median).toBeLessThan(1e-9)
  expect(fit.sure).toContain('which is no worse')
})

test('a value that a single row decides is named with the value without it', () => {
  // six small batches are bound by memory and launches, and the last row alone by computing
  const rows = [...rowsOf([1], [4, 8, 12, 16, 24, 32]), ...rowsOf([32], [384])]
  const numbered = rows.map((pass, i) => ({ ...pass, row: { ...pass.row, line: i + 2 } }))
  const last = numbered.at(-1)!
  const fast = { ...last, ms: last.ms / 1.9, row: { ...last.row, ms: last.ms / 1.9 } }
  const fit = fitOf([...numbered.slice(0, -1), fast])
  const { value, rests_on: few } = fit.parameters.find(({ key }) => key === 'compute')!
  expect(value).toBeGreaterThan(0.8)
  expect(few!.lines).toEqual([8])
  expect(few!.value).toBeLessThan(0.7)
  expect(fit.sure).toMatch(/compute rests on line 8 alone: it is 0\.\d+, and 0\.\d+ without\./)
  const even = fitOf(rowsOf([1, 8, 32], [32, 128, 384])).parameters
  expect(even.map(({ rests_on }) => rests_on)).toEqual([null, null, null])
})

test('what no row depends on is named as open', () => {
  const fit = fitOf(rowsOf([64, 128], [256, 384, 512]))
  const open = fit.parameters.filter((parameter) => parameter.open).map(({ key }) => key)
  expect(open).toContain('launch_us')
  expect(open).not.toContain('compute')
  expect(fit.sure).toContain('leave launch_us open')
})

test('confidence follows from the median and the worst error', () => {
  const errors = (median: number, worst: number) => ({ rows: 9, median, bias: 0, worst })
  expect(confidenceOf(errors(0.15, -0.4))).toBe('usable')
  expect(confidenceOf(errors(0.16, 0.1))).toBe('rough')
  expect(confidenceOf(errors(0.1, -0.5))).toBe('rough')
  expect(confidenceOf(errors(0.31, 0.5))).toBe('poor')
  expect(confidenceOf(errors(0.1, 1.1))).toBe('poor')
})
