import { median } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import { IDEAL } from '../../../sim/accelerator/index.ts'
import {
  crossing,
  DEGREES,
  GPUS,
  haveLlama,
  knees,
  LLAMA_APPROACHES,
  LLAMA_BAR,
  llamaRows,
  llamaStudy,
  unfittedErrors,
} from './llama-layers.ts'

test('a crossing is interpolated between token counts', () => {
  const times = [1, 8, 16, 24, 32].map((tokens) => ({ tokens, ms: Math.max(1, tokens / 16) }))
  expect(crossing(times, 1.75)).toBeCloseTo(28, 12)
  expect(crossing(times, 4)).toBeNaN()
})

describe.skipIf(!haveLlama())('the layers of Llama-2-7B, where ../shared has them', () => {
  describe.each(GPUS)('$name', (gpu) => {
    const rows = haveLlama() ? llamaRows(gpu) : []
    const study = haveLlama() ? llamaStudy(gpu, LLAMA_APPROACHES.soft, rows) : null

    test('every other token count predicts the others within the bar, for each degree', () => {
      for (const degree of DEGREES) {
        expect(study!.errors.get(degree)!.median, `1 of ${degree}`).toBeLessThanOrEqual(LLAMA_BAR)
        expect(study!.errors.get(degree)!.rows).toBe(259)
      }
    })

    test('the knee of a whole layer is within 20 %, the end of the flat part within 2.15 times', () => {
      const { flat, knee } = knees(study!, 1)
      expect(Math.abs(knee.predicted / knee.measured - 1)).toBeLessThan(0.2)
      expect(Math.abs(Math.log2(flat.predicted / flat.measured))).toBeLessThan(1.1)
    })

    test('negative control: one half of the token counts that takes 15 % longer fails', () => {
      const counts = [...new Set(rows.map(({ tokens }) => tokens))].sort((a, b) => a - b)
      const slower = new Set(counts.filter((_, i) => i % 2 === 1))
      const slow = rows.map((row) => ({ ...row, ms: row.ms * (slower.has(row.tokens) ? 1.15 : 1) }))
      const { errors } = llamaStudy(gpu, LLAMA_APPROACHES.plain, slow)
      expect(errors.get(1)!.median).toBeGreaterThan(LLAMA_BAR)
    })

    test('negative control: the datasheet alone is too fast, by more than the bar', () => {
      const errors = unfittedErrors(rows, IDEAL)
      expect(median(errors)).toBeLessThan(-0.25)
    })
  })
})
