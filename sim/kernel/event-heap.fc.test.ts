import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventHeap } from './event-heap.ts'

interface Event {
  readonly time: number
  readonly kind: number
  readonly slot: number
  readonly sequence: number
}

/** Few distinct times and kinds, so that most events tie. */
const event = fc.record({
  time: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 5, noNaN: true })),
  kind: fc.integer({ min: 0, max: 3 }),
  slot: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
})
const steps = fc.array(fc.option(event, { freq: 2 }), { maxLength: 300 })

function inOrder(a: Event, b: Event): number {
  return a.time - b.time || a.kind - b.kind || a.sequence - b.sequence
}

test('pushes and pops in any order agree with a sorted array', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 8 }), (script, capacity) => {
      const heap = new EventHeap(capacity)
      const model: Event[] = []
      const check = () => {
        const expected = model.shift()
        expect(heap.pop()).toBe(expected !== undefined)
        if (!expected) return
        const { time, kind, slot, sequence } = heap
        expect({ time, kind, slot, sequence }).toEqual(expected)
      }
      let pushed = 0
      for (const step of script) {
        if (step === null) check()
        else {
          const sequence = heap.push(step.time, step.kind, step.slot)
          expect(sequence).toBe(pushed++)
          model.push({ ...step, sequence })
          model.sort(inOrder)
        }
        expect(heap.size).toBe(model.length)
        expect(heap.peek()).toBe(model[0]?.time ?? Number.POSITIVE_INFINITY)
      }
      while (heap.size > 0) check()
      expect(model).toEqual([])
    }),
  )
})
