import { describe, expect, test, vi } from 'vitest'
import { toSvg } from '../render.ts'
import { type CardFrontChart, cardFrontChart, frontOf, LEAST_GAIN } from './card-front.ts'
import { type CardThroughputChart, cardThroughputChart } from './card-throughput.ts'

const curve = (card: string, fitted: boolean, value: number) => ({
  card,
  fitted,
  points: [1, 8, 64].map((batch) => ({ batch, value: value * batch ** 0.8 })),
})
const throughput: CardThroughputChart = {
  title: 'int8 gains in large batches',
  subtitle: 'made up',
  quantity: 'sequences/s',
  batches: 'batch',
  panels: [
    { title: 'fp16', curves: [curve('t4', true, 500), curve('l4', false, 600)] },
    { title: 'int8', curves: [curve('t4', true, 480), curve('l4', false, 900)] },
  ],
}
const point = (name: string, usdPerHour: number, p99Ms: number) => ({
  name,
  short: name,
  kind: 'fp16',
  usdPerHour,
  p99Ms,
  fitted: true,
})
const front: CardFrontChart = {
  title: 'faster cards cost more',
  subtitle: 'made up',
  points: [
    point('b', 2, 12),
    point('a', 1, 20),
    point('c', 3, 12.1),
    { ...point('d', 4, 5), kind: 'int8', fitted: false },
  ],
}

describe('the front of cost and p99', () => {
  test('has each point that no cheaper one equals, by rising cost', () => {
    expect(frontOf(front.points).map(({ name }) => name)).toEqual(['a', 'b', 'd'])
  })

  test('leaves out a gain that is smaller than a run can show', () => {
    const small = point('e', 5, 5 * (1 - LEAST_GAIN / 2))
    const real = point('f', 6, 5 * (1 - 2 * LEAST_GAIN))
    const names = frontOf([...front.points, small, real]).map(({ name }) => name)
    expect(names).toEqual(['a', 'b', 'd', 'f'])
  })

  test('has the faster of two points with one price', () => {
    expect(frontOf([point('a', 1, 20), point('b', 1, 10)]).map(({ name }) => name)).toEqual(['b'])
  })
})

interface Drawn {
  readonly layer: readonly {
    readonly mark: { readonly type: string; readonly fill?: string; readonly strokeDash?: number[] }
  }[]
}

test('uncalibrated cards are drawn apart from fitted ones', () => {
  const { concat } = cardThroughputChart(throughput) as unknown as { concat: Drawn[] }
  const lines = concat[0]!.layer.filter(({ mark }) => mark.type === 'line')
  expect(lines[0]!.mark.strokeDash).not.toEqual(lines[1]!.mark.strokeDash)
  const dots = (cardFrontChart(front) as unknown as Drawn).layer.filter(
    ({ mark }) => mark.type === 'point',
  )
  expect(dots[3]!.mark.fill).not.toBe(dots[0]!.mark.fill)
})

test('charts of cards are drawn without warnings', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  for (const chart of [cardThroughputChart(throughput), cardFrontChart(front)]) {
    expect(await toSvg(chart)).toContain('<svg')
  }
  expect(warn).not.toHaveBeenCalled()
  warn.mockRestore()
})
