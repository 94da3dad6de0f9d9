import { describe, expect, test } from 'vitest'
import { stream } from '../kernel/index.ts'
import {
  cellCount,
  chooseShape,
  efficienciesOf,
  isOpen,
  SHAPE_NAMES,
  type ShapeTrial,
  tryShape,
  withEfficiencies,
} from './choose-shape.ts'
import { heldOutErrors } from './cross-validation.ts'
import type { MeasuredPass } from './fit-roofline.ts'
import { BERT_BASE } from './models.test-helper.ts'
import { passTime, type RooflineCard } from './roofline.ts'
import { passWork } from './transformer-work.ts'

const SHEET = { bandwidthGbS: 1555, tflops: 312 }
const PLAIN = { ...SHEET, launchUs: 6, computeEfficiency: 0.6, memoryEfficiency: 0.8 }

/** Passes of BERT-base on a known card, with scatter. */
function passes(card: RooflineCard, scatter = 0, batches = [1, 2, 8, 32]): MeasuredPass[] {
  const random = stream(1, 0, 'passes')
  return batches.flatMap((batch) =>
    [32, 128, 384].map((length) => {
      const bits = { weightBits: 16, activationBits: 16, fusedAttention: true }
      const groups = passWork(BERT_BASE, { ...bits, sequences: batch, tokens: length })
      const tokens = batch * length
      const ms = passTime(card, groups, tokens).ms * Math.exp(scatter * random.normal())
      const names = { precision: 'fp16', kernels: 'all', at: { batch, length } }
      return { ...SHEET, ...names, groups, tokens, ms }
    }),
  )
}

/** Batch and length rise together, as in a table of one run after another. */
const rising = (rows: readonly MeasuredPass[]) =>
  rows.filter(({ at }) => [1, 2, 8].indexOf(at.batch!) === [32, 128, 384].indexOf(at.length!))

const trialsOf = (rows: readonly MeasuredPass[]) => SHAPE_NAMES.map((name) => tryShape(name, rows))

describe('a shape', () => {
  test('is the plain one where rows follow it, and its values are those of the card', () => {
    const chosen = chooseShape(trialsOf(passes(PLAIN, 0.02)))
    expect(chosen.name).toBe('plain')
    const { compute, launchUs } = efficienciesOf(chosen.fit)
    expect(Math.abs(compute / PLAIN.computeEfficiency - 1)).toBeLessThan(0.05)
    expect(Math.abs(launchUs / PLAIN.launchUs - 1)).toBeLessThan(0.1)
    expect(heldOutErrors(chosen.leftOut.heldOut).median).toBeLessThan(0.05)
  })

  test('is the saturating one where small passes compute far below the peak', () => {
    const chosen = chooseShape(trialsOf(passes({ ...PLAIN, halfTokens: 2000 }, 0.02)))
    expect(chosen.name).toBe('saturating')
    // a launch time has nearly the same effect, so the value itself is not determined
    expect(Math.abs(heldOutErrors(chosen.leftOut.heldOut).worst.error)).toBeLessThan(0.15)
  })

  test('is fitted to cells on a diagonal, of which every other one is a half', () => {
    const rows = rising(passes(PLAIN, 0, [1, 2, 8]))
    expect(rows).toHaveLength(3)
    const { halves } = tryShape('plain', rows)
    expect(halves.heldOut.map(({ fold }) => fold).sort()).toEqual([0, 0, 1])
  })

  test('within one standard error of the best, the simplest is chosen', () => {
    const trial = (name: string, score: number, standardError: number) =>
      ({ name, score, standardError }) as ShapeTrial
    const simple = [trial('plain', 0.11, 0.5), trial('soft', 0.1, 0.02)]
    expect(chooseShape(simple).name).toBe('plain')
    const sure = [trial('plain', 0.13, 0.5), trial('soft', 0.1, 0.02)]
    expect(chooseShape(sure).name).toBe('soft')
  })

  test('negative control: times that belong to other cells are far off', () => {
    const rows = passes(PLAIN)
    const shuffled = rows.map((row, i) => ({ ...row, ms: rows[(i * 5 + 7) % rows.length]!.ms }))
    const { leftOut } = chooseShape(trialsOf(shuffled))
    expect(heldOutErrors(leftOut.heldOut).median).toBeGreaterThan(0.5)
  })
})

test('rows of one cell are left out together, and halves alternate', () => {
  const rows = passes(PLAIN)
  const twice = [...rows, ...rows]
  expect(cellCount(twice)).toBe(12)
  const { leftOut, halves } = tryShape('plain', twice)
  expect(leftOut.fits).toHaveLength(12)
  for (const { row, fold } of leftOut.heldOut) {
    const same = leftOut.heldOut.filter((other) => other.row.at === row.at)
    expect(same.map((other) => other.fold)).toEqual([fold, fold])
  }
  const halfOf = new Map(halves.heldOut.map(({ row, fold }) => [row.at, fold]))
  expect(rows.slice(0, 4).map(({ at }) => halfOf.get(at))).toEqual([0, 1, 0, 1])
})

test('a parameter that no time depends on is open', () => {
  // one sequence of few tokens: nothing is bound by computing
  const rows = passes({ ...PLAIN, launchUs: 30 }, 0, [1]).slice(0, 1)
  const { fit } = tryShape('plain', passes(PLAIN))
  expect(isOpen(fit, 'compute', rows)).toBe(true)
  expect(isOpen(fit, 'launchUs', rows)).toBe(false)
  expect(isOpen(fit, 'compute', passes(PLAIN))).toBe(false)
  expect(efficienciesOf(withEfficiencies(fit, { compute: 0.1 })).compute).toBe(0.1)
})
