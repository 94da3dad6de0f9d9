import { describe, expect, test } from 'vitest'
import { IDLE_MS, IdleProbes, type ProbeShape, probedBatches, wholePass } from './idle-probes.ts'
import type { ScriptItem } from './script.ts'

const shape = (of: Partial<ProbeShape> = {}): ProbeShape => ({
  ...{ executor: 0, size: 1, length: 8, ms: 0.2, idleMs: IDLE_MS },
  ...of,
})
const SHAPES = [shape(), shape({ size: 4, ms: 0.4 })]

/** What these batches take where none takes longer than it should. */
const timeOf = (items: readonly ScriptItem[], shapes: readonly ProbeShape[]) =>
  items.reduce((sum, { size, gapMs }) => {
    return sum + gapMs + shapes.find((of) => of.size === size)!.ms
  }, 0)

const idleTimes = (items: readonly ScriptItem[]) =>
  new Set(items.map(({ size, gapMs }) => `${size} after ${gapMs}`))

describe('a pass of probes', () => {
  test('has each shape back to back just before it is run after an idle time', () => {
    const items = wholePass(SHAPES)
    expect(items).toHaveLength(2 * 4 * 10)
    for (let i = 0; i < items.length; i += 10) {
      const series = items.slice(i, i + 10)
      expect(new Set(series.map(({ size }) => size)).size).toBe(1)
      expect(series.slice(0, 5).map(({ gapMs }) => gapMs)).toEqual([0, 0, 0, 0, 0])
      expect(series[5]!.gapMs).toBeGreaterThan(0)
      expect(new Set(series.slice(5).map(({ gapMs }) => gapMs)).size).toBe(1)
    }
    expect(idleTimes(items).size).toBe(2 * 5)
  })

  test('leaves out the first batches of each series, which find other caches', () => {
    const rows = wholePass([shape()]).map((item, i) => {
      const times = { dispatched: i, started: i + 0.1, ended: i + 0.3, done: i + 0.4 }
      return { item, gap: i === 0 ? Number.NaN : -0.001, ...times }
    })
    const batches = probedBatches(rows)
    expect(batches).toHaveLength(4 * 2 * 3)
    expect(batches.slice(0, 6).map(({ idleMs }) => idleMs)).toEqual([0, 0, 0, 0.1, 0.1, 0.1])
    for (const { gap, ms, size } of batches) {
      expect([gap, size]).toEqual([0, 1])
      expect(ms).toBeCloseTo(0.2, 9)
    }
  })
})

describe('probes before slices', () => {
  test.each([
    ['of a fast model', 0.2, 14],
    ['of a slow model', 20, 14],
    ['of whole replays', 0.2, 1],
  ])('take 3 %% of the time at most, however long batches take: %s', (_, ms, slices) => {
    const shapes = [shape({ ms })]
    const probes = new IdleProbes(shapes, 14_000)
    const replays = Array.from({ length: 5 }, () => probes.ofReplay(slices))
    const all = replays.flat(2)
    expect(all.length).toBeGreaterThan(0)
    expect(timeOf(all, shapes)).toBeLessThanOrEqual(0.03 * 5 * 14_000)
    // and not much less, unless each slice has a whole pass before it
    if (ms === 20) expect(timeOf(all, shapes)).toBeGreaterThan(0.02 * 5 * 14_000)
  })

  test('go on in the next replay where this one has ended, so that each idle time has its turn', () => {
    const shapes = [shape({ ms: 20 })]
    const probes = new IdleProbes(shapes, 10_000)
    const first = probes.ofReplay(10).flat()
    const later = [probes.ofReplay(10), probes.ofReplay(10)].flat(2)
    expect(idleTimes(first).size).toBeLessThan(5)
    expect(idleTimes([...first, ...later]).size).toBe(5)
  })

  test('are at most one pass before a slice', () => {
    const [items] = new IdleProbes(SHAPES, 1e6).ofReplay(1)
    expect(items).toEqual(wholePass(SHAPES))
  })

  test('of nothing are none', () => {
    expect(new IdleProbes([], 10_000).ofReplay(2)).toEqual([[], []])
  })
})
