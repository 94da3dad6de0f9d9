import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Requests } from './requests.ts'

test('a slot belongs to one request at a time, and its values are kept as the table grows', () => {
  const steps = fc.array(fc.option(fc.nat(), { freq: 3 }), { maxLength: 200, size: 'max' })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 8 }), (script, capacity) => {
      const requests = new Requests(capacity)
      /** value by slot: what a request has written into its own */
      const valueBySlot = new Map<number, number>()
      let most = 0
      for (const [i, step] of script.entries()) {
        // a number takes a slot; null gives back one of those held
        if (step !== null) {
          const slot = requests.acquire()
          expect(valueBySlot.has(slot)).toBe(false)
          valueBySlot.set(slot, i)
          requests.at[slot] = i
          requests.key[slot] = i
          requests.deadline[slot] = i
          requests.outcome[slot] = i % 5
        } else if (valueBySlot.size > 0) {
          const slot = [...valueBySlot.keys()][i % valueBySlot.size]!
          valueBySlot.delete(slot)
          requests.release(slot)
        }
        most = Math.max(most, valueBySlot.size)
        expect(requests.inUse).toBe(valueBySlot.size)
        for (const [slot, value] of valueBySlot) {
          const { at, key, deadline, outcome } = requests
          expect([at[slot], key[slot], deadline[slot]]).toEqual([value, value, value])
          expect(outcome[slot]).toBe(value % 5)
        }
      }
      // memory follows the number in flight, not the number that came
      expect(requests.at.length).toBeLessThanOrEqual(Math.max(capacity, 2 * most))
    }),
  )
})
