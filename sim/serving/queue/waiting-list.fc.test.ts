import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WaitingList } from './waiting-list.ts'

test('pushes and removals in any order agree with an array', () => {
  const step = fc.record({ slot: fc.nat(200), place: fc.nat() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const list = new WaitingList()
      const model: number[] = []
      for (const { slot, place } of steps) {
        if (!model.includes(slot)) {
          list.push(slot)
          model.push(slot)
        } else {
          const [leaver] = model.splice(place % model.length, 1)
          list.remove(leaver!)
        }
        expect([list.length, list.oldest, list.newest]).toEqual([
          model.length,
          model[0] ?? -1,
          model.at(-1) ?? -1,
        ])
      }
      while (model.length > 0) {
        expect(list.oldest).toBe(model[0])
        list.remove(model.shift()!)
      }
      expect([list.length, list.oldest]).toEqual([0, -1])
    }),
  )
})
