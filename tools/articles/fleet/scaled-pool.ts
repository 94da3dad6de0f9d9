import { type Scenario, scenarioSchema } from '../../../scenarios/index.ts'
import {
  type PoolOracle,
  poolOracles,
  runReplication,
  type SimulationInput,
  simulationInput,
} from '../../../sim/experiment/index.ts'
import type { RunSummary } from '../../../sim/stats/index.ts'

/** A request takes about 0.5 s; it is in time within twice that. */
const WORK = { law: 'linear', base_ms: 450, per_item_ms: 50, cv: 0.3 }
const LIMIT_MS = 1_000
/** Measured for pods: llm-d-autoscaling #1118. */
const START = { distribution: 'lognormal', median: 110, p99: 130 } as const
const MOST = 80

/** Traffic with the part of it that counts. */
export interface Traffic {
  readonly arrivals: object
  readonly warmupS: number
  readonly durationS: number
  readonly traces?: SimulationInput['traces']
}

/** What a policy did in one replication, after the warm-up. */
export interface Outcome {
  /** share of requests that were in time */
  readonly attained: number
  readonly replicaHours: number
  readonly oracleHours: number
  /** share of the decisions whose reason is a forecast */
  readonly forecasts: number
}

export function scaledInput(traffic: Traffic, scaling: object, seed: number): SimulationInput {
  const scenario: Scenario = scenarioSchema.parse({
    spillway: 1,
    name: 'fleet',
    seed,
    duration_s: traffic.durationS,
    warmup_s: traffic.warmupS,
    models: { model: { work: WORK } },
    traffic: [{ class: 'all', arrivals: traffic.arrivals }],
    slo: { all: [`p(99) latency_ms < ${LIMIT_MS}`] },
    pools: [
      {
        ...{ name: 'pool', model: 'model', batching: { policy: 'none' } },
        replicas: MOST,
        scaling: { initial: 24, max: MOST, start_s: START, ...scaling },
      },
    ],
  })
  return simulationInput(scenario, traffic.traces === undefined ? {} : { traces: traffic.traces })
}

export const played = (traffic: Traffic, scaling: object, seed: number, replication = 0) =>
  runReplication(scaledInput(traffic, scaling, seed), replication)

export function outcomeOf(run: RunSummary, oracleHours: number): Outcome {
  const [own] = run.classes
  const { paidS, steps } = run.availability![0]!
  const forecasts = steps.filter(({ reason }) => reason.startsWith('forecast')).length
  return {
    attained: own!.good / own!.counts.arrived,
    replicaHours: paidS / 3600,
    oracleHours,
    forecasts: steps.length === 0 ? 0 : forecasts / steps.length,
  }
}

/** The oracle of the traffic; whichever policy has been played. */
export async function oracleOf(traffic: Traffic, scaling: object, seed: number) {
  const input = { ...scaledInput(traffic, scaling, seed), capacitiesRps: [2 * MOST] }
  const [oracle] = await poolOracles(input, [runReplication(input, 0)], async (of) =>
    runReplication(of, 0),
  )
  if (oracle === null || oracle === undefined || typeof oracle === 'string') {
    throw new Error(`no oracle: ${oracle}`)
  }
  return oracle
}

/** Replica-hours of the oracle in the part that counts. */
export function oracleHours({ paid, intervalS }: PoolOracle, { warmupS }: Traffic): number {
  return paid.reduce((sum, count, i) => {
    const from = Math.max(warmupS, i * intervalS)
    return sum + (count * Math.max(0, (i + 1) * intervalS - from)) / 3600
  }, 0)
}
