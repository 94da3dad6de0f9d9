import { type Scenario, scenarioSchema } from '../../../scenarios/index.ts'
import {
  neededAt,
  poolOracles,
  type ReplicaRate,
  runReplication,
  type SimulationInput,
  simulationInput,
} from '../../../sim/experiment/index.ts'
import { oracleReplicas } from '../../../sim/serving/index.ts'
import type { RunSummary } from '../../../sim/stats/index.ts'

/** Service times scatter so, relative to their mean. */
const CV = 0.3
/** A request is in time within so many times its mean service time. */
const LIMIT = 3
const MOST = 160

/** Traffic with the part of it that counts. */
export interface Traffic {
  readonly arrivals: object
  readonly warmupS: number
  readonly durationS: number
  /** mean time of a request */
  readonly serviceS: number
  /** median time from asking for a replica until it serves; the 99th percentile is a fifth more */
  readonly startS: number
  /** the same arrivals as rates in steps, for the oracle */
  readonly rates: readonly number[]
  readonly stepS: number
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
    models: {
      model: { work: { law: 'linear', base_ms: 1000 * traffic.serviceS, per_item_ms: 0, cv: CV } },
    },
    traffic: [{ class: 'all', arrivals: traffic.arrivals }],
    slo: { all: [`p(99) latency_ms < ${1000 * LIMIT * traffic.serviceS}`] },
    pools: [
      {
        name: 'pool',
        model: 'model',
        batching: { policy: 'none' },
        replicas: MOST,
        scaling: { initial: initial(traffic), max: MOST, start_s: startOf(traffic), ...scaling },
      },
    ],
  })
  return simulationInput(scenario)
}

/** What serves the rate of the warm-up. */
function initial({ rates, stepS, warmupS, serviceS }: Traffic): number {
  const before = rates.slice(0, Math.round(warmupS / stepS))
  const mean = before.reduce((sum, rate) => sum + rate, 0) / before.length
  return Math.min(MOST, Math.ceil(1.2 * mean * serviceS))
}

const startOf = ({ startS }: Traffic) => ({
  distribution: 'lognormal',
  median: startS,
  p99: 1.2 * startS,
})

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

/** The highest steady rates of 1, 2, 4, … replicas, up to those that the traffic needs. */
export async function steadyRates(traffic: Traffic): Promise<readonly ReplicaRate[]> {
  const scaling = { policy: 'fixed', replicas: MOST, initial: MOST }
  const input = { ...scaledInput(traffic, scaling, 1), capacitiesRps: [MOST / traffic.serviceS] }
  const run = runReplication(input, 0)
  const [oracle] = await poolOracles(input, [run], async (of) => runReplication(of, 0))
  if (oracle === null || oracle === undefined || typeof oracle === 'string') {
    throw new Error(`no oracle: ${oracle}`)
  }
  return oracle.rates
}

/** Replica-hours of the oracle after the warm-up. */
export function oracleHours(
  { rates, stepS, startS, warmupS, durationS }: Traffic,
  steady: readonly ReplicaRate[],
): number {
  const { paid } = oracleReplicas(rates, {
    needed: (rps) => Math.min(MOST, neededAt(steady, rps)),
    leadSteps: Math.ceil(startS / stepS),
    min: 1,
  })
  const counted = paid.slice(Math.round(warmupS / stepS), Math.round(durationS / stepS))
  return (counted.reduce((sum, count) => sum + count, 0) * stepS) / 3600
}
