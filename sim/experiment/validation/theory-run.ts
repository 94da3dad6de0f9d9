import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Batch, Ms, Observer, Requests } from '../../serving/index.ts'
import { Recorder, type RunSummary, summariseRun } from '../../stats/index.ts'
import { surgeWindows, trafficSource } from '../../traffic/index.ts'
import { IDEAL_MACHINE } from '../../world/index.ts'
import { hardwareOf } from '../simulation/hardware.ts'
import { runWorld } from '../simulation/run-world.ts'
import { sharedCards, slowdowns } from '../simulation/shared-cards.ts'
import { simulationInput } from '../system/simulation-input.ts'

/** One replication of a model of queueing theory. */
export interface TheoryRun {
  readonly summary: RunSummary
  /** requests after the warm-up with a wait above 0 */
  readonly waited: number
}

/** Counts the requests that had to wait at all. */
class WaitCounter implements Observer {
  waited = 0
  readonly #requests: Requests
  readonly #warmupMs: Ms

  constructor(requests: Requests, warmupMs: Ms) {
    this.#requests = requests
    this.#warmupMs = warmupMs
  }

  dispatched(now: Ms, batch: Batch): void {
    const { at, enqueued } = this.#requests
    for (let i = 0; i < batch.size; i++) {
      const request = batch.members[i]!
      if (at[request]! >= this.#warmupMs && now > enqueued[request]!) this.waited++
    }
  }
}

/** Runs a scenario of declared work as `runReplication` does, and counts requests that waited. */
export function theoryRun(scenario: Scenario, replication: number): TheoryRun {
  const { seed } = scenario
  const input = simulationInput(scenario)
  const warmupMs = scenario.warmup_s * 1000
  const source = trafficSource(scenario, {
    seed,
    replication,
    capacityRps: null,
    traces: new Map(),
  })
  const cards = sharedCards(scenario, input.plan, null)
  let recorder: Recorder | null = null
  let counter: WaitCounter | null = null
  runWorld({
    plan: input.plan,
    source,
    hardware: hardwareOf(input),
    machine: cards === null ? IDEAL_MACHINE : { ...IDEAL_MACHINE, steps: cards },
    cards,
    sendDelay: null,
    timer: null,
    seed,
    replication,
    observe: (requests) => {
      const surges = surgeWindows(scenario)
      recorder = new Recorder({ scenario, plan: input.plan, requests, surges, expected: null })
      counter = new WaitCounter(requests, warmupMs)
      return [recorder, counter]
    },
  })
  return {
    waited: counter!.waited,
    summary: summariseRun(recorder!, {
      requests: source.hash(),
      warmupMs,
      durationMs: scenario.duration_s * 1000,
      judged: [],
      ...(cards && { slowdowns: slowdowns(scenario, input.plan, cards) }),
    }),
  }
}
