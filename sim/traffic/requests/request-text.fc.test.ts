import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestList } from './request-list.ts'
import { parseRequests, requestText } from './request-text.ts'

const CLASSES = ['web', 'bulk', 'a.b-c_d']

const row = fc.tuple(
  fc.double({ min: 0, max: 1e10, noNaN: true }),
  fc.integer({ min: 1, max: 1e9 }),
  fc.integer({ min: 0, max: CLASSES.length - 1 }),
  fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e9 })),
  fc.option(fc.array(fc.nat(2 ** 31 - 1), { minLength: 1, maxLength: 4 })),
)

test('a list that was written and read is the same to the last bit', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 50 }), (rows) => {
      const list = RequestList.of({
        // adding 0 turns -0 into 0, because JSON has no -0
        at: Float64Array.from(rows, ([at]) => at + 0).sort(),
        inputTokens: Int32Array.from(rows, ([, length]) => length),
        class: Uint8Array.from(rows, ([, , number]) => number),
        outputTokens: Int32Array.from(rows, ([, , , output]) => output),
      }).with(rows.map(([, , , , prefix]) => prefix && Int32Array.from(prefix)))
      const lines = [...requestText(list, CLASSES)].join('').split('\n')
      const read = parseRequests(lines, CLASSES, 'requests.jsonl')
      expect(read.columns).toEqual(list.columns)
      expect(read.hash()).toBe(list.hash())
    }),
    { numRuns: 300 },
  )
})
