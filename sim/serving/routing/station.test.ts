import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planOf } from '../../../test/small-system.ts'
import { Admission } from '../admission/admission.ts'
import { ANY_CLASS } from '../plan.ts'
import { Requests } from '../requests.ts'
import { Station } from './station.ts'

function stationOf(executors: number, first = 0): Station {
  const plan = planOf([{ replicas: executors }]).pools[0]!
  const requests = new Requests()
  const admission = new Admission(plan, [ANY_CLASS], requests)
  const place = { number: 0, firstExecutor: first, executors }
  return new Station(0, { plan, admission }, [ANY_CLASS], place, requests)
}

test('of several free executors the one that has been free longest is taken', () => {
  const takes = fc.array(fc.option(fc.nat(), { freq: 2 }), { maxLength: 100 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(7), takes, (count, first, script) => {
      const station = stationOf(count, first)
      const free = Array.from({ length: count }, (_, i) => first + i)
      const busy: number[] = []
      for (const [now, step] of script.entries()) {
        // null takes an executor; a number frees one of those taken
        if (step === null && free.length > 0) {
          expect(station.takeExecutor(now)).toBe(free[0])
          busy.push(free.shift()!)
        } else if (step !== null && busy.length > 0) {
          const [executor] = busy.splice(step % busy.length, 1)
          station.freeExecutor(now, executor!)
          free.push(executor!)
        }
        expect(station.hasFreeExecutor).toBe(free.length > 0)
      }
    }),
  )
})

test('an executor that is not free cannot be taken', () => {
  const station = stationOf(1)
  station.takeExecutor(0)
  expect(() => station.takeExecutor(1)).toThrow('free')
})

test('idle time grows while at least one executor is free', () => {
  const station = stationOf(2)
  expect(station.idleUntil(10)).toBe(10)
  station.takeExecutor(10)
  expect(station.idleUntil(15)).toBe(15)
  station.takeExecutor(15)
  expect(station.idleUntil(40)).toBe(15)
  station.freeExecutor(40, 0)
  station.freeExecutor(50, 1)
  expect(station.idleUntil(60)).toBe(35)
})

test('load counts waiting and running requests for each executor', () => {
  const station = stationOf(4)
  station.queue.push(0, 0)
  station.queue.push(0, 1)
  station.running = 6
  expect(station.load).toBe(2)
})
