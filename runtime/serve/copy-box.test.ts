import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyBox } from './copy-box.ts'

const sizes = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 2 }),
  ),
  { maxLength: 4 },
)

/** The number of an element in a row-major array. */
const numberOf = (position: readonly number[], dims: readonly number[]) =>
  position.reduce((number, at, axis) => number * dims[axis]! + at, 0)

function* positionsIn(box: readonly number[], axis = 0): Generator<number[]> {
  if (axis === box.length) yield []
  else {
    for (let i = 0; i < box[axis]!; i++) {
      for (const rest of positionsIn(box, axis + 1)) yield [i, ...rest]
    }
  }
}

test('every element of the box is copied to its position, and no other byte is changed', () => {
  fc.assert(
    fc.property(sizes, fc.constantFrom(1, 2, 8), (axes, width) => {
      const box = axes.map(([size]) => size)
      const fromDims = axes.map(([size, more]) => size + more)
      const toDims = axes.map(([size, , more]) => size + more)
      const count = (dims: readonly number[]) => dims.reduce((a, b) => a * b, width)
      const from = Uint8Array.from({ length: count(fromDims) + 3 }, (_, i) => (i % 250) + 1)
      const to = new Uint8Array(count(toDims) + 5)
      copyBox(
        { bytes: from, at: 3, dims: fromDims },
        { bytes: to, at: 5, dims: toDims },
        { box, width },
      )
      let copied = 0
      for (const position of positionsIn(box)) {
        const [a, b] = [
          3 + width * numberOf(position, fromDims),
          5 + width * numberOf(position, toDims),
        ]
        expect(to.subarray(b, b + width)).toEqual(from.subarray(a, a + width))
        copied += width
      }
      expect(to.filter((byte) => byte !== 0).length).toBe(copied)
    }),
  )
})
