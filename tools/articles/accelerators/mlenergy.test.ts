import { describe, expect, test } from 'vitest'
import { errorFigures } from '../../claims/figures/parts.ts'
import {
  alternate,
  energyError,
  errorsOf,
  falls,
  GENERATION_BAR,
  generationRows,
  haveGenerationRows,
  littleRatio,
  MODELS,
  mlenergySection,
  type Predictor,
  QUANTITIES,
  THROUGHPUT_APPROACHES,
} from './mlenergy.ts'

const CASES = MODELS.flatMap((model) => [0, 1].map((from) => ({ model, from: from as 0 | 1 })))

describe.skipIf(!haveGenerationRows())('ML.ENERGY, where ../shared has its rows', () => {
  const medianOf = (
    { model, from }: (typeof CASES)[number],
    by: Predictor,
    of: (typeof QUANTITIES)[number]['of'],
  ) => {
    const { fitted, others } = alternate(generationRows(model), from)
    return errorFigures(errorsOf(by(fitted), others, of)).median
  }

  test.each(CASES)('$model from row $from: half of the rows predict the others', (half) => {
    for (const { name, by, of } of QUANTITIES) {
      expect(medianOf(half, by, of), name).toBeLessThanOrEqual(GENERATION_BAR)
    }
  })

  test.each(CASES)(
    '$model from row $from, negative control: throughput and ITL of the mean fitted row fail',
    (half) => {
      for (const { name, of } of QUANTITIES.slice(0, 2)) {
        const constant: Predictor = (rows) => () =>
          rows.reduce((sum, row) => sum + of(row), 0) / rows.length
        expect(medianOf(half, constant, of), name).toBeGreaterThan(GENERATION_BAR)
      }
    },
  )

  test('negative control: the median ITL is not the mean of Little’s law, for the 70B', () => {
    const by = THROUGHPUT_APPROACHES[2]!.by
    for (const half of CASES.slice(2)) {
      expect(medianOf(half, by, ({ tokensPerS }) => tokensPerS)).toBeGreaterThan(GENERATION_BAR)
    }
    const ratios = MODELS.flatMap((model) => generationRows(model).map(littleRatio))
    expect(Math.max(...ratios)).toBeLessThan(1)
    expect(Math.min(...ratios)).toBeGreaterThan(0.75)
  })

  test('the energy of a token is power over throughput', () => {
    expect(energyError()).toBeLessThan(0.005)
  })

  test('the fall from 512 to 768 stays where both rows are fitted, and is lost where not', () => {
    const { published, predicted } = falls()
    expect(published).toBeLessThan(-0.02)
    for (const { text, fitted, change } of predicted.slice(0, 4)) {
      if (fitted.includes(512) && fitted.includes(768)) {
        expect(change, text).toBeCloseTo(published, 12)
      } else expect(change, text).toBeGreaterThan(0)
    }
    // negative control: one straight line of the mean ITL smooths it away
    expect(predicted[4]!.change).toBeGreaterThan(0)
  })

  test('the section states that the bar is met', () => {
    const { text, missed, images } = mlenergySection()
    expect(missed).toEqual([])
    expect(text).toContain('**The bar is met by each quantity')
    expect(text).not.toMatch(/NaN|undefined|Infinity/)
    expect(images).toHaveLength(1)
  })
})
