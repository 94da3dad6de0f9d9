import { expect, test } from 'vitest'
import { engineMachineOf, machineOf } from './machine.ts'
import { recordEngines, recordField, type WorkedBatch } from './recorded-field.ts'
import type { DueEvent } from './stalls.ts'

/** Steps of 10 ms of an engine, one every 11 ms; every fifth begins 5 ms late, by a stall. */
const batches = Array.from({ length: 100 }, (_, i): WorkedBatch => {
  const dispatched = 11 * i
  const started = dispatched + (i % 5 === 4 ? 5.3 : 0.3)
  const ended = started + (i % 5 === 4 ? 5 : 10)
  return { executor: 0, dispatched, started, ended, done: ended + 0.1, work: ended - started }
})

/** Completions are seen after 0.1 ms, every fourth one after 4 ms. */
const reactions = batches.map(({ ended }, i): DueEvent => [ended, ended + (i % 4 === 3 ? 4 : 0.1)])
const turns = { reactions, handOvers: [] }

/** How late runs begin that are dispatched some ms beside those of the recording. */
function lateness(beside: number) {
  const apart = { ...recordField(batches, 1, turns) }
  const [placed, met] = [machineOf(apart), engineMachineOf(recordEngines(batches, 1, turns))]
  const late = (machine: typeof placed) =>
    batches.reduce((sum, { dispatched }) => {
      const at = dispatched + 0.3 + beside
      return sum + machine.speed.begin(0, at, 1) - at
    }, 0)
  return { placed: late(placed), met: late(met) }
}

test('engines whose runs drift from the recorded ones meet each late start whole', () => {
  const whole = 20 * 5
  expect(lateness(0).placed).toBeCloseTo(whole)
  for (const beside of [0, 2, 7]) expect(lateness(beside).met, `${beside} ms`).toBeCloseTo(whole)
  // placed at their times, most of them would delay nothing
  expect(lateness(7).placed).toBeLessThan(whole / 4)
})

test('and each stall of the dispatcher, which is no longer than what it adds to a usual delay', () => {
  const { dispatcher } = engineMachineOf(recordEngines(batches, 1, turns))
  const late = reactions.reduce((sum, [due]) => {
    const at = due + 3
    return sum + dispatcher!.completion(at) - at
  }, 0)
  expect(late).toBeCloseTo(25 * 3.9)
})
