import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestQueue } from './request-queue.ts'

test('pushes and shifts in any order agree with an array', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.nat(1e6) },
    { weight: 2, arbitrary: fc.constant(null) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const queue = new RequestQueue()
      const model: number[] = []
      for (const request of steps) {
        if (request !== null) {
          queue.push(request)
          model.push(request)
        } else if (model.length > 0) {
          expect(queue.shift()).toBe(model.shift())
        }
        expect(queue.length).toBe(model.length)
        if (model.length > 0) expect(queue.first()).toBe(model[0])
      }
      while (model.length > 0) expect(queue.shift()).toBe(model.shift())
      expect(queue.length).toBe(0)
    }),
  )
})
