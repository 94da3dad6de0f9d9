import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Feeds, sharedFeeds } from './feeds.ts'
import type { InputSpec } from './model-types.ts'
import type { NpyArray } from './npy.ts'

/** Shapes with the free dimensions in every order that models use. */
const SHAPES: readonly InputSpec['shape'][] = [
  ['batch', 5],
  ['batch', 'length'],
  ['batch', 3, 4, 'length'],
  ['batch', 'length', 6],
  ['length', 'batch', 6],
  ['batch', 1, 'length', 'length'],
  ['length', 2, 'batch'],
]

function inputOf(shape: InputSpec['shape'], fill: InputSpec['fill'] = 'normal'): InputSpec {
  const type = fill === 'normal' ? 'float32' : 'int64'
  return { name: 'x', type, shape, fill, vocabulary: 9 }
}

type Cell = { readonly positions: readonly number[]; readonly value: number }

/** The cells of one request: position along each dimension except batch, and the value there. */
function cellsOf(dims: readonly number[], data: ArrayLike<number | bigint>, batchAxis: number) {
  return (request: number): Cell[] => {
    const cells: Cell[] = []
    for (let i = 0; i < data.length; i++) {
      let rest = i
      const index = dims.map((_, axis) => {
        const below = dims.slice(axis + 1).reduce((a, b) => a * b, 1)
        const at = Math.floor(rest / below)
        rest %= below
        return at
      })
      if (index[batchAxis] !== request) continue
      cells.push({ positions: index.toSpliced(batchAxis, 1), value: Number(data[i]) })
    }
    return cells
  }
}

function built(
  input: InputSpec,
  batch: readonly (readonly [key: number, length: number])[],
  length: number,
) {
  const lengths = Int32Array.from(batch, ([, actual]) => actual)
  const keys = Uint32Array.from(batch, ([key]) => key)
  const tensor = new Feeds([input], { seed: 1 }).build(batch.length, length, lengths, keys).x!
  const cells = cellsOf(tensor.dims, tensor.data as Float32Array, input.shape.indexOf('batch'))
  const free = input.shape.filter((size) => size !== 'batch')
  return (request: number) => {
    const actual = batch[request]![1]
    const inside = ({ positions }: Cell) =>
      positions.every((at, axis) => free[axis] !== 'length' || at < actual)
    const all = cells(request)
    return { inside: all.filter(inside), padding: all.filter((cell) => !inside(cell)) }
  }
}

const members = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 1, max: 7 })),
  {
    minLength: 1,
    maxLength: 4,
  },
)

describe('feeds', () => {
  test.each(SHAPES)(
    '[%s, %s, …]: a key means the same row in every batch and padding',
    (...shape) => {
      fc.assert(
        fc.property(
          members,
          members,
          fc.integer({ min: 7, max: 9 }),
          (batch, neighbours, length) => {
            const member = batch[0]!
            const here = built(inputOf(shape), batch, length)(0)
            const there = built(inputOf(shape), [...neighbours, member], 7)(neighbours.length)
            expect(here.inside.map((cell) => cell.value)).toEqual(
              there.inside.map((cell) => cell.value),
            )
            expect(here.inside.every((cell) => cell.value !== 0)).toBe(true)
          },
        ),
        { numRuns: 30 },
      )
    },
  )

  test.each(SHAPES)('[%s, %s, …]: padding is zero, whatever the buffer held', (...shape) => {
    fc.assert(
      fc.property(members, (batch) => {
        const input = inputOf(shape)
        const feeds = new Feeds([input], { seed: 1 })
        const keys = Uint32Array.from(batch, ([key]) => key)
        const full = new Int32Array(batch.length).fill(9)
        feeds.build(batch.length, 9, full, keys)
        const lengths = Int32Array.from(batch, ([, actual]) => actual)
        const again = feeds.build(batch.length, 9, lengths, keys).x!
        const fresh = new Feeds([input], { seed: 1 }).build(batch.length, 9, lengths, keys).x!
        expect([...(again.data as Float32Array)]).toEqual([...(fresh.data as Float32Array)])
        batch.forEach((_, i) => {
          const { padding } = built(input, batch, 9)(i)
          expect(padding.every((cell) => cell.value === 0)).toBe(true)
        })
      }),
      { numRuns: 30 },
    )
  })

  test('two keys and two seeds give different rows', () => {
    const input = inputOf(['batch', 64])
    const row = (seed: number, key: number) => {
      const keys = Uint32Array.of(key)
      return [
        ...(new Feeds([input], { seed }).build(1, 1, Int32Array.of(1), keys).x!
          .data as Float32Array),
      ]
    }
    expect(row(1, 5)).not.toEqual(row(1, 6))
    expect(row(1, 5)).not.toEqual(row(2, 5))
  })

  test('a row longer than the table of values is filled to its end', () => {
    const { inside } = built(inputOf(['batch', 100_000]), [[3, 1]], 1)(0)
    expect(inside).toHaveLength(100_000)
    expect(inside.every((cell) => cell.value !== 0)).toBe(true)
  })

  test('tokens lie in [1, vocabulary), and a mask is 1 outside padding', () => {
    const tokens = built(inputOf(['batch', 'length'], 'tokens'), [[4, 500]], 600)(0)
    expect(new Set(tokens.inside.map((cell) => cell.value))).toEqual(
      new Set([1, 2, 3, 4, 5, 6, 7, 8]),
    )
    const ones = built(inputOf(['batch', 'length'], 'ones'), [[4, 2]], 4)(0)
    expect([...ones.inside, ...ones.padding].map((cell) => cell.value)).toEqual([1, 1, 0, 0])
  })

  test('a scalar and a list of values are the same in every batch', () => {
    const rate = { ...inputOf([]), type: 'int64', value: 16_000 } as const
    const gains = { ...inputOf([2, 2]), name: 'gains', value: [1, 2, 3, 4] }
    const mask = {
      ...inputOf(['batch', 'length']),
      name: 'mask',
      type: 'bool',
      value: true,
    } as const
    const feeds = new Feeds([rate, gains, mask], { seed: 1 })
    for (const batch of [1, 3]) {
      const keys = Uint32Array.from({ length: batch }, (_, i) => 7 * i)
      const { x, gains, mask } = feeds.build(batch, 2, new Int32Array(batch).fill(1), keys)
      expect([x!.dims, [...(x!.data as BigInt64Array)]]).toEqual([[], [16_000n]])
      expect([gains!.dims, [...(gains!.data as Float32Array)]]).toEqual([
        [2, 2],
        [1, 2, 3, 4],
      ])
      // and zero in the padding, as every input
      expect([...(mask!.data as Uint8Array)]).toEqual(
        keys.reduce<number[]>((all) => [...all, 1, 0], []),
      )
    }
  })

  test('drawn values are whole, not negative or 0 and 1 where the type needs it', () => {
    const drawn = (type: InputSpec['type']) => {
      const feeds = new Feeds([{ ...inputOf(['batch', 999]), type }], { seed: 1 })
      return [...(feeds.build(1, 1, Int32Array.of(1), Uint32Array.of(1)).x!.data as Int8Array)]
    }
    expect(new Set(drawn('bool'))).toEqual(new Set([0, 1]))
    expect(new Set(drawn('uint8').filter((value) => value > 4))).toEqual(new Set())
    expect(Math.min(...drawn('int8'))).toBeLessThan(0)
    expect(drawn('float64').some((value) => value % 1 !== 0)).toBe(true)
  })

  /** Three samples; each value names its place: sample, then position along each axis. */
  const samplesIn = (...dims: number[]): NpyArray => {
    const places = dims.reduce<number[]>(
      (all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => 10 * at + i + 1)),
      [0],
    )
    return { type: 'float32', shape: dims, data: Float32Array.from(places) }
  }
  const fed = (
    shape: InputSpec['shape'],
    samples: NpyArray,
    members: [number, number][],
    length: number,
  ) => {
    const feeds = new Feeds([{ ...inputOf(shape), file: 'x.npy' }], {
      seed: 1,
      samples: new Map([['x.npy', samples]]),
    })
    const keys = Uint32Array.from(members, ([key]) => key)
    const tensor = feeds.build(
      members.length,
      length,
      Int32Array.from(members, ([, n]) => n),
      keys,
    ).x!
    return [...(tensor.data as Float32Array)]
  }

  test('request i is fed sample i mod n, wherever the batch stands', () => {
    expect(
      fed(
        ['batch', 2],
        samplesIn(3, 2),
        [
          [4, 1],
          [3, 1],
        ],
        1,
      ),
    ).toEqual([21, 22, 11, 12])
    expect(
      fed(
        [2, 'batch'],
        samplesIn(3, 2),
        [
          [4, 1],
          [3, 1],
        ],
        1,
      ),
    ).toEqual([21, 11, 22, 12])
    expect(fed([2], samplesIn(3, 2), [[5, 1]], 1)).toEqual([31, 32])
    expect(
      fed(
        ['batch'],
        samplesIn(3),
        [
          [5, 1],
          [0, 1],
        ],
        1,
      ),
    ).toEqual([3, 1])
  })

  test('samples are cut at the length of a request, and padded with zeros beyond their own', () => {
    const members: [number, number][] = [
      [0, 1],
      [1, 4],
    ]
    expect(fed(['batch', 'length'], samplesIn(3, 3), members, 4)).toEqual([
      11, 0, 0, 0, 21, 22, 23, 0,
    ])
    expect(fed(['batch', 2, 'length'], samplesIn(3, 2, 3), members, 4)).toEqual([
      111, 0, 0, 0, 121, 0, 0, 0, 211, 212, 213, 0, 221, 222, 223, 0,
    ])
    expect(fed(['length', 'batch', 2], samplesIn(3, 1, 2), members, 2)).toEqual([
      111, 112, 211, 212, 0, 0, 0, 0,
    ])
    expect(fed(['batch', 'length', 'length'], samplesIn(1, 2, 2), [[0, 3]], 3)).toEqual([
      111, 112, 0, 121, 122, 0, 0, 0, 0,
    ])
  })
})

test('feeds of shared memory hold what is written there, and zeros beyond a request', () => {
  const input = inputOf(['batch', 'length', 2], 'tokens')
  const memory = new SharedArrayBuffer(4 * 3 * 2 * 8)
  new BigInt64Array(memory).set(Array.from({ length: 24 }, (_, i) => BigInt(i + 1)))
  const feeds = sharedFeeds([input], { count: 4, length: 3, regions: [memory] })
  // the second request is the one at key 1, as there are four
  const { x } = feeds.build(2, 4, Int32Array.of(3, 1), Uint32Array.of(2, 9))
  expect(x!.dims).toEqual([2, 4, 2])
  const rows = [13, 14, 15, 16, 17, 18, 0, 0, 7, 8, 0, 0, 0, 0, 0, 0]
  expect([...(x!.data as BigInt64Array)].map(Number)).toEqual(rows)
})
