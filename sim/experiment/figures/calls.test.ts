import { describe, expect, test } from 'vitest'
import { OUTCOME, type Outcome, Requests } from '../../serving/index.ts'
import { CallRecorder } from './calls.ts'

const { served, shed, abandoned } = OUTCOME

interface Part {
  readonly sending: number
  readonly part?: number
  readonly attempt?: number
  readonly since?: number
  readonly done: number
  readonly outcome: Outcome
}

/** The calls of one class after its requests ended in the given order. */
function callsOf(parts: readonly Part[], of: { fanOut: number; warmupMs?: number }) {
  const requests = new Requests(parts.length)
  const recorder = new CallRecorder({ requests, parts: [of.fanOut], warmupMs: of.warmupMs ?? 0 })
  parts.forEach(({ sending, part = 0, attempt = 1, since = 0, outcome }, slot) => {
    requests.sendId[slot] = sending
    requests.part[slot] = part
    requests.attempt[slot] = attempt
    requests.firstScheduledAt[slot] = since
    requests.outcome[slot] = outcome
    recorder.arrived(0, slot)
  })
  parts.forEach(({ done }, slot) => {
    recorder.answered(done, slot)
  })
  const { made, latency } = recorder.classes[0]!
  return { made, answered: latency.count, mean: latency.mean }
}

describe('calls', () => {
  test('of a fan-out end with their last part', () => {
    const parts = [
      { sending: 0, part: 1, done: 5, outcome: served },
      { sending: 0, part: 0, done: 7, outcome: served },
    ]
    expect(callsOf(parts, { fanOut: 2 })).toEqual({ made: 1, answered: 1, mean: 7 })
  })

  test('are not answered if one part is not', () => {
    const parts = [
      { sending: 0, part: 0, done: 0, outcome: shed },
      { sending: 0, part: 1, done: 7, outcome: served },
      { sending: 1, part: 0, done: 8, outcome: served },
      { sending: 1, part: 1, done: 9, outcome: served },
    ]
    expect(callsOf(parts, { fanOut: 2 })).toEqual({ made: 2, answered: 1, mean: 9 })
  })

  test('include all attempts, from the scheduled arrival of the first', () => {
    const attempts = [
      { sending: 0, done: 30, outcome: abandoned },
      { sending: 1, attempt: 2, done: 45, outcome: served },
    ]
    expect(callsOf(attempts, { fanOut: 1 })).toEqual({ made: 1, answered: 1, mean: 45 })
  })

  test('that began in the warm-up are not counted, whenever they end', () => {
    const parts = [
      { sending: 0, since: 9, done: 30, outcome: served },
      { sending: 1, since: 10, done: 31, outcome: served },
    ]
    const of = { fanOut: 1, warmupMs: 10 }
    expect(callsOf(parts, of)).toEqual({ made: 1, answered: 1, mean: 21 })
  })
})
