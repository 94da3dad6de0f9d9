import { expect, test, vi } from 'vitest'
import { toSvg } from '../../reports/charts/render.ts'
import type { Estimate } from '../../sim/documents/index.ts'
import { objectivesCompared } from './answers.ts'
import { WIDTH } from './entry.ts'
import { type FigurePanel, figurePanels, objectivePanels } from './figure-panels.ts'
import { ENTRIES, pageOf, sectionsOf } from './page.ts'

const estimate = (value: number | null, half = 0): Estimate => ({
  value,
  low: value === null ? null : value - half,
  high: value === null ? null : value + half,
  n: 1000,
})

const system = (phrase: string, ms: number | null, share: number) => ({
  label: phrase.replace('with ', ''),
  phrase,
  lost: () => '80 % of the requests were not served',
  objectives: [
    {
      class: 'web',
      text: 'p(95) latency_ms < 250',
      estimate: estimate(ms, 10),
      verdict: ms === null ? ('FAIL' as const) : ('PASS' as const),
      tail: null,
      deciding_duration_s: null,
    },
    {
      class: 'web',
      text: 'goodput > 75%',
      estimate: estimate(share, 0.01),
      verdict: 'UNDECIDED' as const,
      tail: null,
      deciding_duration_s: null,
    },
  ],
})

const FIFO = system('with FIFO', null, 0.2)
const LIFO = system('with LIFO', 120, 0.8)

test('an answer has a sentence for each objective, with the figure and the verdict of each system', () => {
  expect(objectivesCompared([FIFO, LIFO])).toBe(
    'One or more are undecided with LIFO; one or more are missed with FIFO. ' +
      'p95 latency is infinite, as 80 % of the requests were not served, with FIFO (**FAIL**) and 120 [110, 130] ms with LIFO ' +
      '(**PASS**); the objective is below 250 ms. Goodput is 20.0 [19.0, 21.0] % with FIFO (**UNDECIDED**) and 80.0 [79.0, 81.0] % ' +
      'with LIFO (**UNDECIDED**); the objective is above 75 %.',
  )
})

test('the title of a chart of figures has the best and the worst system', () => {
  const titleOf = (panels: readonly FigurePanel[]) => {
    const { title } = figurePanels({ subtitle: '', panels }, WIDTH)
    return (title as { text: string[] }).text.join(' ')
  }
  const [latency, goodput] = objectivePanels([FIFO, LIFO])
  expect(titleOf([latency!])).toBe('p95 latency is 120 ms with LIFO, infinite with FIFO')
  expect(titleOf([goodput!])).toBe('Goodput is 80.0 % with LIFO, 20.0 % with FIFO')
  const [alone, share] = objectivePanels([LIFO])
  expect(titleOf([alone!])).toBe('p95 latency is 120 [110, 130] ms, to be below 250 ms')
  expect(titleOf([share!])).toBe('Goodput is 80.0 [79.0, 81.0] %, to be above 75 %')
})

test.each([
  ['alike', [FIFO, LIFO]],
  ['far apart', [system('with a', 3, 0.5), system('with b', 30_000, 0.001)]],
  ['all infinite', [FIFO, FIFO]],
])(
  'a chart of figures that are %s is drawn without a warning and fits its width',
  async (_, all) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const panels = objectivePanels(all)
    const svg = await toSvg(figurePanels({ subtitle: 'a subtitle', panels }, WIDTH))
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    expect(Number(/width="(\d+(?:\.\d+)?)"/.exec(svg)![1])).toBeLessThanOrEqual(WIDTH + 12)
    expect(warn.mock.calls).toEqual([])
  },
)

test('sections are found again on the page that has them', () => {
  const sections = new Map(ENTRIES.map(({ name }) => [name, `### ${name}\n\ntext of ${name}`]))
  expect(sectionsOf(pageOf(sections))).toEqual(sections)
})
