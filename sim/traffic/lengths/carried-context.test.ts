import { expect, test } from 'vitest'
import { trafficClass } from '../../../scenarios/schema/schema-traffic.ts'
import { carriedContext } from './carried-context.ts'

const session = {
  turns: { distribution: 'fixed', value: 3 },
  think_time_s: { distribution: 'fixed', value: 1 },
}
const trafficOf = (more: object) =>
  trafficClass.parse({
    class: 'chat',
    arrivals: { process: 'poisson', rate_rps: 1 },
    ...more,
  })

test('a turn carries the context of earlier turns, and a session begins with the shared prefix', () => {
  const carried = { ...session, carry_context: true }
  const context = carriedContext(trafficOf({ session: carried, shared_prefix_tokens: 40 }), 1)!
  const contexts = [10, 20, 30, 40].map((tokens) => {
    const before = context.next()
    context.record(before + tokens)
    return before
  })
  expect(contexts).toEqual([40, 50, 70, 40])
})

test('without carry_context there is none', () => {
  expect(carriedContext(trafficOf({ session }), 1)).toBeNull()
  expect(carriedContext(trafficOf({}), 1)).toBeNull()
})
