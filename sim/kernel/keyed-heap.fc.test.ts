import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyedHeap } from './keyed-heap.ts'

const key = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Number.POSITIVE_INFINITY))
const step = fc.record({ slot: fc.nat(120), key, place: fc.nat() })

test('items come out by key, and at equal keys in order of insertion, with removals in between', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const keys = new Map<number, number>()
      const order = new KeyedHeap((request) => keys.get(request)!)
      /** in order of insertion */
      let model: number[] = []
      const sorted = () => model.toSorted((a, b) => compare(keys.get(a)!, keys.get(b)!))
      for (const { slot, key: itemKey, place } of steps) {
        if (!model.includes(slot)) {
          keys.set(slot, itemKey)
          order.push(slot)
          model.push(slot)
        } else {
          const leaver = model[place % model.length]!
          order.remove(leaver)
          model = model.filter((item) => item !== leaver)
        }
        expect(order.next()).toBe(sorted()[0] ?? -1)
      }
      for (const request of sorted()) expect(order.take()).toBe(request)
      expect(order.next()).toBe(-1)
    }),
  )
})

const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0)
