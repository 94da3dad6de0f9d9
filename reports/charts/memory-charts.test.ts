import { describe, expect, test } from 'vitest'
import type { MemorySpace, Result } from '../../sim/documents/index.ts'
import { sampleInput } from '../sample-documents.test-helper.ts'
import { estimateOf } from '../sample-figures.test-helper.ts'
import { allCharts, type ChartName, MOST_SPACES, NARROW, type ReportInput, WIDE } from './index.ts'

const EXACT = (value: number) => estimateOf(value, 0)

/** A changed copy of the first simulated space alone. */
function only(change: Partial<MemorySpace>, also: Partial<MemorySpace> | null = null): ReportInput {
  const { simulated, measured } = sampleInput({ memory: true })
  const [space] = simulated.memory
  const entry = (result: Result, changes: Partial<MemorySpace>) => ({
    ...result,
    memory: [{ ...space!, ...changes }],
  })
  return {
    simulated: entry(simulated, change),
    measured: also && entry(measured, also),
    comparison: null,
  }
}

function titleOf(input: ReportInput, name: ChartName): string {
  const spec = allCharts(input).find((chart) => chart.name === name)?.spec
  return (spec?.title as { text: string[] } | undefined)?.text.join(' ') ?? 'no chart'
}

function subtitleOf(input: ReportInput, name: ChartName): string {
  const { spec } = allCharts(input).find((chart) => chart.name === name)!
  return (spec.title as { subtitle: string[] }).subtitle.join(' ')
}

const peaks = (asked: number, held: number, limit: number | null): Partial<MemorySpace> => ({
  limit_mib: limit,
  peak_requested_mib: EXACT(asked),
  peak_held_mib: EXACT(held),
})

describe('memory over time', () => {
  const title = (input: ReportInput) => titleOf(input, 'memory-curve-1')

  test('states wasted reserved memory, otherwise the peak, relative to the limit if there is one', () => {
    expect(title(only(peaks(14_540, 23_654, 24_576)))).toBe(
      'Reserved memory reaches 23.1 of 24 GiB, but at most 14.2 is requested',
    )
    expect(title(only(peaks(950, 1000, 1536)))).toBe('Memory peaks at 1,000 of 1,536 MiB')
    expect(title(only(peaks(95, 100, null)))).toBe('Memory peaks at 100 MiB')
  })

  test('states both sides', () => {
    expect(title(only(peaks(95, 100, 128), peaks(95, 101, 128)))).toBe(
      'Memory peaks at 100 of 128 MiB simulated, 101 measured',
    )
  })

  test('blocks that ran out are stated by preemptions', () => {
    const allocators = ['paged']
    const out_of_memory = { shortage: 10, fragmentation: 0, oversize: 0, loads: 0 }
    expect(title(only({ allocators, out_of_memory }))).toBe(
      'Sequences were preempted for lack of blocks 10 times in 80 runs',
    )
  })

  test('out of memory is stated first, with causes and losses', () => {
    const ranOut = (
      shortage: number,
      fragmentation: number,
      oversize: number,
      failed = 0,
      loads = 0,
    ) =>
      title(
        only({
          out_of_memory: { shortage, fragmentation, oversize, loads },
          remedies: { shrunk: 1, evicted: 0, split: 0, failed },
        }),
      )
    expect(ranOut(16, 97, 0, 12)).toBe(
      'Memory ran out 113 times in 80 runs, 97 of them though enough bytes were free; 12 batches failed',
    )
    expect(ranOut(0, 1, 0, 1)).toBe(
      'Memory ran out once in 80 runs, though enough bytes were free; one batch failed',
    )
    expect(ranOut(0, 0, 0, 2, 30)).toBe(
      'Memory ran out for loads of models 30 times in 80 runs; 2 batches failed',
    )
    expect(ranOut(0, 0, 0, 2)).toBe('Memory ran out for 2 batches in 80 runs, which failed')
    expect(ranOut(0, 0, 0, 0, 30)).not.toContain('ran out')
    expect(ranOut(2, 0, 1)).toBe(
      'Memory ran out 3 times in 80 runs, 1 of them for more than it can ever hold',
    )
  })

  test('a limit far above reserved memory is stated, not drawn', () => {
    const drawn = (limit: number) => {
      const input = only({ limit_mib: limit })
      const { spec } = allCharts(input).find(({ name }) => name === 'memory-curve-1')!
      return { line: JSON.stringify(spec).includes('strokeDash'), input }
    }
    expect(drawn(400).line).toBe(true)
    const far = drawn(40_960)
    expect(far.line).toBe(false)
    expect(subtitleOf(far.input, 'memory-curve-1')).toContain('limit 40 GiB, above the chart')
  })

  test('the drawn replica is named if there are several', () => {
    const input = only({})
    expect(subtitleOf(input, 'memory-curve-1')).not.toContain('replica ')
    const { simulated } = input
    const pools = simulated!.pools.map((pool) => ({ ...pool, replicas: 3 }))
    const three = { ...input, simulated: { ...simulated!, pools } }
    expect(subtitleOf(three, 'memory-curve-1')).toContain('drawn: the first of 3 replicas')
  })

  test('weights are a level only if they are always loaded', () => {
    const labels = (input: ReportInput) => JSON.stringify(allCharts(input))
    const residency = { loads: EXACT(1), evictions: EXACT(1), cold_share: EXACT(0.1), pools: [] }
    expect(labels(only({ map: [] }))).toContain('"text":"weights"')
    expect(labels(only({ map: [], residency }))).not.toContain('"text":"weights"')
  })

  test.each([WIDE, NARROW])('in a picture of %d px no name overlaps another', (width) => {
    const charts = allCharts(sampleInput({ memory: true }), width).filter(({ name }) =>
      /curve/.test(name),
    )
    expect(charts.length).toBe(3)
    for (const { spec } of charts) {
      for (const panel of (spec as unknown as { concat: { layer: unknown[] }[] }).concat) {
        const names = panel.layer as {
          mark: { text?: string }
          encoding: { y: { value: number } }
        }[]
        const heights = names
          .filter(({ mark }) => /^(reserved|in use|requested|weights)$/.test(mark.text ?? ''))
          .map(({ encoding }) => encoding.y.value)
        const distinct = [...new Set(heights)].sort((a, b) => a - b)
        expect(distinct.length).toBeGreaterThanOrEqual(3)
        for (const [i, y] of distinct.slice(1).entries()) {
          expect(y - distinct[i]!).toBeGreaterThan(14.9)
        }
      }
    }
  })
})

describe('the map of addresses', () => {
  const title = (chunks: [owner: string, mib: number][], change: Partial<MemorySpace> = {}) => {
    let end = 0
    const placed = chunks.map(([owner, mib]) => ({ address_mib: (end += mib) - mib, mib, owner }))
    const map = [{ at_s: 3, chunks: placed }]
    const pinned_free_mib = EXACT(0)
    return titleOf(only({ limit_mib: 1000, pinned_free_mib, map, ...change }), 'memory-map-1')
  }

  test('states how far the largest free chunk is below all free memory', () => {
    const held: [string, number][] = [
      ['weights', 500],
      ['free', 200],
      ['input', 1],
      ['free', 180],
    ]
    expect(title(held)).toBe('At worst, at 3 s, 499 MiB are free, but the largest chunk has 200')
    const inHeld = 'At worst, at 3 s, 380 of 881 MiB reserved are free, 200 of it in one chunk'
    expect(title(held, { limit_mib: null })).toBe(inHeld)
    expect(title(held, { limit_mib: 1100 })).toBe(inHeld)
    expect(title(held, { pinned_free_mib: EXACT(180) })).toMatch(
      /has 200; up to 180 MiB are free in regions that a chunk in use pins$/,
    )
  })

  test('free memory in one chunk is not called fragmented, nor are blocks', () => {
    expect(
      title([
        ['weights', 500],
        ['free', 490],
      ]),
    ).toMatch(/^Almost all free memory stays in one chunk/)
    const paged = {
      allocators: ['paged'],
      weights_mib: 500,
      peak_in_use_mib: EXACT(700),
      peak_held_mib: EXACT(1000),
    }
    expect(
      title(
        [
          ['weights', 500],
          ['KV cache', 200],
        ],
        paged,
      ),
    ).toBe('The KV cache takes up to 200 of 500 MiB; blocks do not fragment')
  })

  test('of reservations states the unused share', () => {
    const reserved = {
      allocators: ['contiguous'],
      weights_mib: 500,
      internal_fragmentation: EXACT(0.81),
      peak_in_use_mib: EXACT(700),
      peak_held_mib: EXACT(1000),
    }
    expect(
      title(
        [
          ['weights', 500],
          ['KV cache', 200],
        ],
        reserved,
      ),
    ).toBe('The KV cache takes up to 200 of 500 MiB, of which 81 % is reserved and unused')
  })

  test('does not exist if no map was recorded', () => {
    expect(titleOf(only({ map: [] }), 'memory-map-1')).toBe('no chart')
  })
})

test('weights that would fill the picture are cut, and the subtitle states it', () => {
  const { simulated } = sampleInput({ memory: true })
  const engine = simulated.memory.find(({ name }) => name === 'engine')!
  const map = [0, 1].map((at_s) => ({
    at_s,
    chunks: [
      { address_mib: 0, mib: 400, owner: 'weights' },
      { address_mib: 400, mib: 60, owner: 'KV cache' },
      { address_mib: 460, mib: 40, owner: 'free' },
    ],
  }))
  const start = (weights_mib: number, name: ChartName) => {
    const memory = [{ ...engine, weights_mib, map: weights_mib > 250 ? map : engine.map }]
    const input = { simulated: { ...simulated, memory }, measured: null, comparison: null }
    const { spec } = allCharts(input).find((chart) => chart.name === name)!
    const domain = /"y":\{"field":[^[]*"domain":\[([\d.]+),/.exec(JSON.stringify(spec))
    const said = subtitleOf(input, name).includes('the axis starts inside the weights')
    return { from: Number(domain?.[1]), said }
  }
  for (const name of ['memory-curve-1', 'memory-map-1'] as const) {
    expect(start(200, name)).toEqual({ from: 0, said: false })
    expect(start(400, name)).toEqual({ from: 375, said: true })
  }
})

test('the worst spaces are drawn: failed batches before full memory', () => {
  const { simulated } = sampleInput({ memory: true })
  const [space] = simulated.memory
  const out = { shrunk: 0, evicted: 0, split: 0, failed: 3 }
  const memory = [0.2, 0.9, 0.5, 0.7, 0.1, 0.3].map((share, i) => ({
    ...space!,
    name: `space-${share}`,
    map: [],
    peak_held_mib: EXACT(share * 320),
    out_of_memory: { shortage: i === 4 ? 3 : 0, fragmentation: 0, oversize: 0, loads: 0 },
    remedies: i === 4 ? out : space!.remedies,
  }))
  const input = { simulated: { ...simulated, memory }, measured: null, comparison: null }
  const drawn = allCharts(input).filter(({ name }) => /^memory/.test(name))
  expect(drawn).toHaveLength(MOST_SPACES)
  const names = drawn.map(({ name }) => /space-[\d.]+/.exec(subtitleOf(input, name))?.[0])
  expect(names).toEqual(['space-0.1', 'space-0.9', 'space-0.7', 'space-0.5'])
})
