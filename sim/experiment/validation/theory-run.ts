import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type {
  Batch,
  KvUse,
  Ms,
  Observer,
  Requests,
  StepRun,
  TokenGapRun,
} from '../../serving/index.ts'
import { Recorder, type RunSummary, summariseRun } from '../../stats/index.ts'
import { trafficSource } from '../../traffic/index.ts'
import { IDEAL_MACHINE, Link } from '../../world/index.ts'
import { hardwareOf } from '../simulation/hardware.ts'
import { runWorld } from '../simulation/run-world.ts'
import { recorderOptions } from '../simulation/simulate.ts'
import { simulationInput } from '../system/simulation-input.ts'

/** One replication of a model of queueing theory. */
export interface TheoryRun {
  readonly summary: RunSummary
  /** requests after the warm-up that had to wait at all */
  readonly waited: number
}

/**
 * Hands everything on to a recorder, and counts those who waited: the recorder has no use for it.
 */
class WaitCounter implements Observer {
  waited = 0
  readonly recorder: Recorder
  readonly #requests: Requests
  readonly #warmupMs: Ms

  constructor(recorder: Recorder, requests: Requests, warmupMs: Ms) {
    this.recorder = recorder
    this.#requests = requests
    this.#warmupMs = warmupMs
  }

  arrived(now: Ms, request: number): void {
    this.recorder.arrived(now, request)
  }

  dispatched(now: Ms, batch: Batch): void {
    this.recorder.dispatched(now, batch)
    const { at, enqueued } = this.#requests
    for (let i = 0; i < batch.size; i++) {
      const request = batch.members[i]!
      if (at[request]! >= this.#warmupMs && now > enqueued[request]!) this.waited++
    }
  }

  batch(now: Ms, batch: Batch): void {
    this.recorder.batch(now, batch)
  }

  lost(now: Ms, request: number): void {
    this.recorder.lost(now, request)
  }

  stepped(now: Ms, run: StepRun): void {
    this.recorder.stepped(now, run)
  }

  kv(now: Ms, use: KvUse): void {
    this.recorder.kv(now, use)
  }

  gaps(now: Ms, gaps: TokenGapRun): void {
    this.recorder.gaps(now, gaps)
  }
}

/** What `runReplication` does with a scenario of declared work, and counts those who waited. */
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
  let counter: WaitCounter | null = null
  runWorld({
    plan: input.plan,
    source,
    hardware: hardwareOf(input),
    machine: IDEAL_MACHINE,
    lag: null,
    timer: null,
    link: scenario.link ? new Link(scenario.link) : null,
    seed,
    replication,
    observe: (requests) => {
      const recorder = new Recorder(recorderOptions(scenario, input.plan, requests, null))
      counter = new WaitCounter(recorder, requests, warmupMs)
      return counter
    },
  })
  const { recorder, waited } = counter as unknown as WaitCounter
  return {
    waited,
    summary: summariseRun(recorder, {
      requests: source.hash(),
      warmupMs,
      durationMs: scenario.duration_s * 1000,
      judged: [],
    }),
  }
}
