import { describe, expect, test } from 'vitest'
import type { Result } from '../../sim/documents/index.ts'
import { sampleResult } from '../sample-documents.test-helper.ts'
import { allCharts, NARROW, WIDE } from './index.ts'
import { toSvg } from './render.ts'
import { subtitleOf, titleOf } from './titles.test-helper.ts'

/** Only a simulation, with several classes, each slower than the one before it. */
function withClasses(names: readonly string[]) {
  const simulated = sampleResult('simulated')
  // the grid of a real curve has the usual percentiles
  simulated.tail.find(({ p }) => p >= 0.989)!.p = 0.99
  const [own] = simulated.classes
  simulated.classes = names.map((name, i) => {
    const slower = (value: number | null) => (value === null ? null : (i + 1) * value)
    const { latency, counts } = own!
    const { p99 } = latency.percentiles
    const times = { ...p99, value: slower(p99.value), low: slower(p99.low), high: slower(p99.high) }
    return {
      ...own!,
      name,
      counts: { ...counts, arrived: counts.arrived - i },
      latency: { ...latency, percentiles: { ...latency.percentiles, p99: times } },
      tail: simulated.tail.map((point) => ({ ...point, value: slower(point.value)! })),
    }
  })
  return only(simulated)
}

const only = (simulated: Result) => ({ simulated, measured: null, comparison: null })

const drawn = (input: ReturnType<typeof only>, name: string, width = WIDE) =>
  toSvg(allCharts(input, width).find((chart) => chart.name === name)!.spec)

describe('tails of classes', () => {
  test.each([WIDE, NARROW])('each has its line and its name, %d px wide', async (width) => {
    const svg = await drawn(withClasses(['web', 'batch', 'nightly']), 'class-tails', width)
    for (const name of ['web', 'batch', 'nightly']) expect(svg).toContain(`>${name}</text>`)
    expect(svg.split('class="mark-line')).toHaveLength(4)
  })

  test('no two classes have the same colour and dash', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const svg = await drawn(withClasses(names), 'class-tails')
    const lines = [...svg.matchAll(/<path [^>]*d="M[^"]*"[^>]*stroke-width="2.2"[^>]*>/g)].map(
      ([path]) => path.replace(/ d="[^"]*"/, ''),
    )
    expect(lines).toHaveLength(6)
    expect(new Set(lines).size).toBe(6)
  })

  test('the slowest and the fastest are the finding; classes that are not drawn are counted', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'a-name-that-no-chart-has-room-for']
    const input = withClasses(names)
    expect(titleOf(input, 'class-tails')).toMatch(
      /^The slowest class is a-name-that-no-chart-ha…: p99 26 .* ms, the fastest a: p99 3\.3 /,
    )
    expect(subtitleOf(input, 'class-tails')).toContain('2 further classes in the table')
  })

  test('are not drawn for a single class: the curve of all requests is the same', async () => {
    const one = only(sampleResult('simulated'))
    expect(allCharts(one).map(({ name }) => name)).not.toContain('class-tails')
    expect(await drawn(one, 'tail')).toContain('SLO p99')
    // a limit of one class is none of the curve over all
    expect(await drawn(withClasses(['web', 'batch']), 'tail')).not.toContain('SLO')
    expect(await drawn(withClasses(['web', 'batch']), 'class-tails')).toContain('SLO p99')
    expect(titleOf(withClasses(['web', 'batch']), 'tail')).toMatch(/p99 over all classes is /)
  })
})

test('a curve of served requests names no figure of all arrivals, and first how many were not served', () => {
  const simulated = sampleResult('simulated')
  const [own] = simulated.classes
  own!.counts.served /= 2
  own!.latency.percentiles.p99 = { value: 7, low: 6.5, high: 7.5, n: 9000 }
  expect(titleOf(only(simulated), 'tail')).toBe(
    'Simulation only: 50 % of the requests were not served; p99 of the others is 7.0 ms',
  )
})

test('a curve of answers in tokens is one of their ends, not of their beginnings', () => {
  const simulated = sampleResult('simulated')
  simulated.objectives = []
  const [own] = simulated.classes
  own!.tokens = {
    ttft: own!.latency,
    tpot: own!.latency,
    itl: own!.latency,
    preemptions: own!.goodput_rps,
  }
  expect(titleOf(only(simulated), 'tail')).toMatch(
    /^Simulation only: p99 to the last token is [\d.]+ ms$/,
  )
})

test('the panel of the parts names p99 only where it is drawn', async () => {
  const simulated = sampleResult('simulated')
  expect(await drawn(only(simulated), 'where-time-went')).toContain('median (●) and p99 (○)')
  for (const part of Object.values(simulated.pools[0]!.parts)) {
    part!.percentiles.p99 = { value: null, low: null, high: null, n: 10 }
  }
  expect(await drawn(only(simulated), 'where-time-went')).not.toContain('○')
})

describe('the time of batches', () => {
  test('has a line for each length, and a finding with both ends', async () => {
    const input = only(sampleResult('simulated'))
    expect(titleOf(input, 'batch-times')).toBe(
      'A batch of 8 takes 2.1 ms to 9.4 ms, a single request 1.0 ms to 2.0 ms',
    )
    const svg = await drawn(input, 'batch-times')
    for (const text of ['8 tokens', '96 tokens']) expect(svg).toContain(`>${text}</text>`)
  })

  test('of pools with the same times is drawn once', async () => {
    const simulated = sampleResult('simulated')
    const [times] = simulated.assumptions.batch_times
    simulated.assumptions.batch_times = ['x', 'y'].map((pool) => ({ ...times!, pool }))
    expect(await drawn(only(simulated), 'batch-times')).toContain('>x, y</text>')
    simulated.assumptions.batch_times.push({ ...times!, pool: 'z', sizes: [1, 2, 3, 4] })
    expect(titleOf(only(simulated), 'batch-times')).toMatch(/^A batch of 8 in x takes/)
  })
})
