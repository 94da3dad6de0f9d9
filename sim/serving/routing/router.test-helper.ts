import { Requests } from '../requests.ts'
import { Router } from './router.ts'
import type { RoutingChoice } from './routing-plan.ts'
import type { Candidate } from './routing-policy.ts'

/** A candidate whose load and predictions a test sets. */
export interface SetCandidate extends Candidate {
  load: number
  accepts: boolean
  responseMs: number
  waitingEach: number
  runningEach: number
  kvUsage: number
}

export function candidatesOf(...loads: readonly number[]): SetCandidate[] {
  return loads.map((load, number) => {
    const candidate = {
      load,
      loadOfOne: 1,
      number,
      accepts: true,
      executors: 1,
      present: 1,
      responseMs: Number.NaN,
      waitingEach: 0,
      runningEach: 0,
      kvUsage: 0,
      work: { responseMs: () => candidate.responseMs },
    }
    return candidate
  })
}

/** A router, and a function that routes one request after another. */
export function routerOf(
  choice: RoutingChoice,
  candidates: readonly SetCandidate[],
  { sharedBlocks = [0], number = 0 } = {},
) {
  const requests = new Requests(1)
  const router = new Router(choice, candidates, {
    requests,
    sharedBlocks,
    classes: [{ sharedPrefixTokens: 0, carriesContext: false }],
    number,
    candidatesClose: true,
  })
  const slot = requests.acquire()
  let key = 0
  /** The number of the candidate that gets the next request. */
  const next = ({ now = 0, tokens = 1, prefix = null as Int32Array | null } = {}) => {
    requests.key[slot] = key
    requests.sendId[slot] = key++
    requests.inputTokens[slot] = tokens
    if (prefix !== null) requests.prefixes.set(slot, prefix)
    else requests.prefixes.delete(slot)
    return router.route(now, slot)!.number
  }
  return { router, requests, slot, next }
}
