import { describe, expect, test } from 'vitest'
import { stream } from '../kernel/index.ts'
import { crossValidate, errorsByRegion, heldOutErrors } from './cross-validation.ts'
import { fitRoofline, type MeasuredPass, predictPass } from './fit-roofline.ts'
import { BERT_BASE } from './models.test-helper.ts'
import { patternSearch } from './pattern-search.ts'
import { passTime } from './roofline.ts'
import { passWork } from './transformer-work.ts'

const SHEET = { bandwidthGbS: 1555, tflops: 312 }
const KNOWN = {
  ...SHEET,
  launchUs: 6,
  computeEfficiency: 0.6,
  memoryEfficiency: 0.8,
  halfTokens: 200,
}
const SHAPE = { saturation: true, soft: false }

/** Passes of BERT-base on a card that is known, with scatter. */
function passes(scatter: number): MeasuredPass[] {
  const random = stream(1, 0, 'passes')
  const sizes = [1, 2, 4, 8, 16, 32].flatMap((batch) =>
    [32, 64, 128, 256, 384].map((length) => ({ batch, length })),
  )
  return sizes.map(({ batch, length }) => {
    const bits = { weightBits: 16, activationBits: 16, fusedAttention: true }
    const groups = passWork(BERT_BASE, { ...bits, sequences: batch, tokens: length })
    const tokens = batch * length
    const { ms } = passTime(KNOWN, groups, tokens)
    const names = { precision: 'fp16', kernels: 'all', at: { batch, length, tokens } }
    return { ...SHEET, ...names, groups, tokens, ms: ms * Math.exp(scatter * random.normal()) }
  })
}

describe('a fitted roofline', () => {
  test('finds the parameters of a known card', () => {
    const fit = fitRoofline(passes(0), SHAPE)
    const near = (fitted: number, expected: number) =>
      expect(Math.abs(fitted / expected - 1)).toBeLessThan(0.15)
    near(fit.launchUs.all!, KNOWN.launchUs)
    near(fit.computeEfficiency.fp16!, KNOWN.computeEfficiency)
    near(fit.memoryEfficiency, KNOWN.memoryEfficiency)
  })

  test('predicts passes between the fitted ones within the scatter of the measurements', () => {
    const { heldOut } = crossValidate(passes(0.05), inHalves, { ...SHAPE, folds: 2 })
    const { rows, median, worst } = heldOutErrors(heldOut)
    expect(rows).toBe(30)
    expect(median).toBeLessThan(0.06)
    expect(Math.abs(worst.error)).toBeLessThan(0.25)
  })

  test('negative control: without launch time and saturation, small passes are far off', () => {
    const none = passes(0).map((row) => {
      const groups = row.groups.map((group) => ({ ...group, launches: 0 }))
      return { ...row, groups }
    })
    const { heldOut } = crossValidate(none, inHalves, { saturation: false, soft: false, folds: 2 })
    expect(Math.abs(heldOutErrors(heldOut).worst.error)).toBeGreaterThan(0.25)
  })

  test('states errors by what bounds a pass', () => {
    const { heldOut } = crossValidate(passes(0.05), inHalves, { ...SHAPE, folds: 2 })
    const by = errorsByRegion(heldOut)
    expect([...by.keys()]).toContain('launch-bound')
    expect([...by.keys()]).toContain('compute-bound')
    expect([...by.values()].reduce((sum, { rows }) => sum + rows, 0)).toBe(30)
  })

  test('names the dimensions in which it extrapolates', () => {
    const [first, ...rest] = passes(0)
    const fit = fitRoofline(rest, SHAPE)
    expect(predictPass(fit, rest[0]!).outside).toEqual([])
    expect(predictPass(fit, first!).outside).toEqual(['tokens'])
    const at = { batch: 64, length: 32, tokens: 2048 }
    expect(predictPass(fit, { ...first!, at }).outside).toEqual(['batch'])
  })

  test('rejects a precision without rows', () => {
    const [row] = passes(0)
    const fit = fitRoofline([row!], SHAPE)
    expect(() => predictPass(fit, { ...row!, precision: 'int8' })).toThrow('int8')
  })
})

/** Alternate rows, in an order in which lengths alternate within batches. */
function inHalves({ at }: MeasuredPass): number {
  return (Math.log2(at.batch!) + [32, 64, 128, 256, 384].indexOf(at.length!)) % 2
}

describe('the pattern search', () => {
  test('finds the minimum of a narrow valley with moves along it', () => {
    const misfit = ([x, y]: readonly [number, number]) =>
      Math.log((x * y) / 12) ** 2 + 0.01 * Math.log(x / y / 3) ** 2
    const moves = [
      ([x, y]: readonly [number, number], by: number) => [x * by, y] as const,
      ([x, y]: readonly [number, number], by: number) => [x, y * by] as const,
      ([x, y]: readonly [number, number], by: number) => [x * by, y / by] as const,
    ]
    const factors = [2, 1.1, 1.01, 1.001]
    const { best, misfit: least } = patternSearch([1, 1] as const, misfit, { moves, factors })
    expect(best[0]).toBeCloseTo(6, 1)
    expect(best[1]).toBeCloseTo(2, 1)
    expect(least).toBeLessThan(1e-5)
  })
})
