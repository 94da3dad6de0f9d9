import { median } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import {
  APPROACHES,
  BERT_BARS,
  type BertRow,
  bertPass,
  bertRows,
  bertSeries,
  halfOf,
  haveBert,
  int8Ratios,
  paddingSpeedups,
  QUOTED,
} from './bert.ts'

test('alternate cells are the colours of a chessboard', () => {
  const half = (batch: number, length: number) => halfOf({ batch, length })
  expect([half(1, 32), half(1, 128), half(8, 32), half(8, 128), half(32, 384)]).toEqual([
    0, 1, 1, 0, 0,
  ])
})

test('a pass without padding has half of the work of its matrices', () => {
  const flops = (length: number) => bertPass('T4', 'FP16', 32, length).groups[0]!.flops
  expect(flops(64)).toBe(flops(128) / 2)
})

describe.skipIf(!haveBert())('the published latencies of BERT, where ../shared has them', () => {
  const rows = haveBert() ? bertRows() : []
  const series = haveBert() ? bertSeries(APPROACHES.alone, rows) : []
  const failed = (all: typeof series) =>
    all
      .filter(({ met }) => !met)
      .map(({ gpu, framework, precision }) => `${gpu}, ${framework}, ${precision}`)

  test('all series but FP32 without tensor cores on an A100 meet both bars', () => {
    expect(series).toHaveLength(17)
    expect(failed(series)).toEqual(['A100, TensorFlow, FP32'])
    for (const { errors } of series) expect(errors.median).toBeLessThanOrEqual(BERT_BARS.median)
  })

  test('the missed cell is one to which the fit extrapolates', () => {
    const missed = series.flatMap(({ heldOut }) =>
      heldOut.filter(({ error }) => Math.abs(error) > BERT_BARS.worst),
    )
    expect(missed.map(({ row: { batch, length } }) => [batch, length])).toEqual([[1, 32]])
    expect(missed[0]!.predicted.outside).toEqual(['tokens'])
  })

  test('INT8 gains nothing at batch 1 in the median, published and predicted', () => {
    const ratios = int8Ratios(series, 1)
    expect(median(ratios.map(({ published }) => published))).toBeGreaterThan(1)
    expect(median(ratios.map(({ predicted }) => predicted))).toBeGreaterThan(1)
  })

  test('negative control: at batch 32 on a T4, INT8 gains', () => {
    const ratios = int8Ratios(series, 32).filter(({ gpu }) => gpu === 'T4')
    expect(median(ratios.map(({ published }) => published))).toBeLessThan(0.8)
    expect(median(ratios.map(({ predicted }) => predicted))).toBeLessThan(0.8)
  })

  test('padding removal in batches of 32 speeds up by the quoted factor, but for short ones', () => {
    const of = (gpu: string, length: number) =>
      paddingSpeedups(series).filter(
        ({ cell: { row } }) => row.gpu === gpu && row.length === length,
      )
    for (const gpu of ['T4', 'A100']) {
      for (const length of [128, 384]) {
        for (const which of ['published', 'predicted'] as const) {
          const middle = median(of(gpu, length).map((speedup) => speedup[which]))
          expect(middle).toBeGreaterThan(QUOTED[0])
          expect(middle).toBeLessThan(QUOTED[1])
        }
      }
    }
    const short = of('A100', 32)
    expect(median(short.map(({ published }) => published))).toBeLessThan(QUOTED[0])
    expect(median(short.map(({ predicted }) => predicted))).toBeLessThan(QUOTED[0])
  })

  test('negative control: batches with twice the time in one half fail', () => {
    const slow = rows.map((row): BertRow => ({ ...row, ms: row.ms * (1 + halfOf(row)) }))
    expect(failed(bertSeries(APPROACHES.alone, slow)).length).toBeGreaterThan(15)
  })

  test('negative control: without launch times, half of the series fail', () => {
    const none = rows.map((row): BertRow => {
      const groups = row.groups.map((group) => ({ ...group, launches: 0 }))
      return { ...row, groups }
    })
    expect(failed(bertSeries(APPROACHES.alone, none)).length).toBeGreaterThan(8)
  })
})
