import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MapChunk, MemorySpace } from '../../../sim/documents/index.ts'
import { sampleMemory } from '../../sample-memory.test-helper.ts'
import { layOut, type MapLayout } from './memory-layout.ts'

const [SPACE] = sampleMemory('simulated', 'central')

type Piece = readonly [owner: string | null, mib: number]

/** Consecutive chunks from address 0; null is an unreserved gap. */
function chunksOf(pieces: readonly Piece[]): MapChunk[] {
  let end = 0
  return pieces.flatMap(([owner, mib]) => {
    const address_mib = end
    end += mib
    return owner === null ? [] : [{ address_mib, mib, owner }]
  })
}

function layOutOf(maps: readonly (readonly Piece[])[], mostRectangles = 1e6): MapLayout {
  const map = maps.map((pieces, i) => ({ at_s: i, chunks: chunksOf(pieces) }))
  const space: MemorySpace = { ...SPACE!, shared: false, map }
  return layOut(space, { endS: maps.length, rows: 256, columns: 60, mostRectangles })
}

/** MiB x s of each kind. */
function areas({ rectangles }: MapLayout): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { x, x2, y, y2, owner } of rectangles) {
    sums[owner.kind.name] = (sums[owner.kind.name] ?? 0) + (x2 - x) * (y2 - y)
  }
  return sums
}

const NAMES: Record<string, string> = {
  weights: 'weights',
  'batch 8 x 64': 'activations',
  'pattern 8 x 64': 'pattern blocks',
  input: 'input, output',
  'KV cache': 'KV cache',
  free: 'free',
}

const piece = fc.tuple(
  fc.option(fc.constantFrom(...Object.keys(NAMES)), { freq: 8 }),
  fc.integer({ min: 1, max: 64 }),
)
const maps = fc.array(fc.array(piece, { minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 8,
})

describe('a map laid out', () => {
  test('gives each kind its exact area if every chunk has a row or more', () => {
    fc.assert(
      fc.property(maps, (all) => {
        const expected: Record<string, number> = {}
        // whole rows: the top is a multiple of the height of 256 rows
        const last = (pieces: readonly Piece[]) => pieces.reduce((sum, [, mib]) => sum + mib, 0)
        const padded = all.map((pieces): Piece[] => [
          ...pieces,
          [null, 1024 - 1 - last(pieces)],
          ['weights', 1],
        ])
        for (const [owner, mib] of padded.flat()) {
          if (owner !== null) expected[NAMES[owner]!] = (expected[NAMES[owner]!] ?? 0) + mib
        }
        const found = areas(layOutOf(padded))
        for (const [kind, area] of Object.entries(expected)) {
          // each end of a chunk is off by up to half a row of 4 MiB, and tiny chunks can get a row
          const ends = padded.flat().length
          expect(Math.abs((found[kind] ?? 0) - area), kind).toBeLessThanOrEqual(4 * ends)
        }
      }),
    )
  })

  test('has no overlapping rectangles', () => {
    fc.assert(
      fc.property(maps, fc.constantFrom(5, 1e6), (all, most) => {
        const { rectangles, domain } = layOutOf(all, most)
        for (const [i, a] of rectangles.entries()) {
          expect(a.y2).toBeLessThanOrEqual(domain[1] * (1 + 1e-12))
          for (const b of rectangles.slice(i + 1)) {
            const apart = a.x2 <= b.x || b.x2 <= a.x || a.y2 <= b.y + 1e-9 || b.y2 <= a.y + 1e-9
            expect(apart).toBe(true)
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  test('shows a chunk that is too small to see if it alone pins a region', () => {
    const pinned = layOutOf([
      [
        ['free', 100],
        ['input', 0.001],
        ['free', 100],
      ],
    ])
    expect(areas(pinned)['input, output']).toBeGreaterThan(0.5)
    const beside = layOutOf([
      [
        ['weights', 100],
        ['input', 0.001],
        ['free', 100],
      ],
    ])
    expect(areas(beside)['input, output']).toBeUndefined()
  })

  test('does not hide free memory between tiny chunks', () => {
    const dust: Piece[] = Array.from({ length: 400 }, (_, i) => [
      i % 2 ? 'free' : 'input',
      i % 2 ? 4 : 1,
    ])
    const found = areas(layOutOf([dust]))
    expect(found.free!).toBeGreaterThan(found['input, output']!)
  })

  test('draws an unchanged chunk as one rectangle', () => {
    const same: Piece[] = [
      ['weights', 64],
      ['free', 64],
    ]
    const { rectangles } = layOutOf([same, same, same])
    expect(rectangles).toHaveLength(2)
    expect(rectangles[0]).toMatchObject({ x: 0, x2: 3, y: 0, y2: 64 })
  })

  test('is coarser if it would have too many rectangles', () => {
    const owners = Object.keys(NAMES)
    const wild = Array.from({ length: 60 }, (_, c) =>
      Array.from({ length: 400 }, (_, r): Piece => [owners[(r * 7 + c * 5 + r * c) % 6]!, 1]),
    )
    expect(layOutOf(wild).rectangles.length).toBeGreaterThan(5000)
    expect(layOutOf(wild, 1000).rectangles.length).toBeLessThanOrEqual(1000)
  })
})

describe('borders of regions', () => {
  test('are where two free chunks meet, and stay while chunks meet there', () => {
    const first: Piece[] = [
      ['free', 50],
      ['free', 50],
    ]
    const second: Piece[] = [
      ['input', 50],
      ['free', 50],
    ]
    const joined: Piece[] = [
      ['input', 60],
      ['free', 40],
    ]
    const { borders } = layOutOf([first, second, joined])
    expect(borders).toEqual([{ x: 0, x2: 2, y: 50 }])
    expect(layOutOf([second, joined]).borders).toEqual([])
    expect(layOutOf([second.toReversed()]).borders).toEqual([])
  })

  test('are where the pool changes', () => {
    const chunks = chunksOf([
      ['a: input', 50],
      ['b: input', 50],
    ])
    const space = { ...SPACE!, map: [{ at_s: 0, chunks }] }
    const borders = (shared: boolean) =>
      layOut({ ...space, shared }, { endS: 1, rows: 256, columns: 60, mostRectangles: 100 }).borders
    expect(borders(true)).toHaveLength(1)
    expect(borders(false)).toHaveLength(0)
  })
})
