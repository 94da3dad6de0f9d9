import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { expectedRequests } from '../../traffic/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { objectiveFigures, verdictOf } from '../result/objectives.ts'
import { type SimulationInput, simulationInput } from '../system/simulation-input.ts'
import type { KnownRates } from './known-rates.ts'

/** Counted requests of a steady run: 200 of them are beyond p99. */
const REQUESTS = 20_000
/** Requests beyond the highest percentile of an objective. */
const BEYOND = 40
const WARMUP_SHARE = 0.2

/** A pool whose number of replicas is fixed, at steady Poisson traffic of the same classes. */
export interface SteadyPool {
  readonly inputOf: (replicas: number, rps: number) => SimulationInput
  readonly holds: (run: RunSummary, replicas: number) => boolean
}

/**
 * The pool alone with the mean mix of its classes, or why its SLO cannot be judged so. Replicas
 * neither fail nor start and stop.
 */
export function steadyPool(
  input: SimulationInput,
  pool: number,
  { classes }: KnownRates,
): SteadyPool | string {
  const { scenario } = input
  const slo = sloOf(scenario, classes)
  if (Object.keys(slo).length === 0) return 'its classes have no objective of latency or goodput'
  const traced = classes.some((i) => {
    const { input_tokens, output_tokens } = scenario.traffic[i]!
    return [input_tokens, output_tokens].some((of) => of?.distribution === 'trace')
  })
  if (traced) return 'lengths come from a trace, so steady traffic has none'
  const expected = expectedRequests(scenario, input)
  const total = classes.reduce((sum, i) => sum + expected[i]!.first, 0)
  const shares = classes.map((i) => expected[i]!.first / total)
  const beyond = judgedBeyond(slo)
  const scenarioOf = (replicas: number, rps: number): Scenario => {
    const seconds = Math.max(REQUESTS, BEYOND / beyond) / rps
    const { failures: _, ...rest } = scenario
    const { scaling: __, ...unscaled } = scenario.pools[pool]!
    const steady = (rates: readonly number[]): Scenario => ({
      ...rest,
      slo,
      duration_s: seconds * (1 + WARMUP_SHARE),
      warmup_s: seconds * WARMUP_SHARE,
      traffic: classes.map((i, at) => ({
        ...scenario.traffic[i]!,
        arrivals: { process: 'poisson', rate_rps: rates[at]!, surges: [], waves: [] },
      })),
      pools: [{ ...unscaled, replicas }],
    })
    // an arrival of a session or a fan-out is several requests
    const single = steady(classes.map(() => 1))
    const each = expectedRequests(single, { capacityRps: null, traces: new Map() })
    return steady(classes.map((_, i) => (rps * shares[i]! * single.duration_s) / each[i]!.first))
  }
  return {
    inputOf: (replicas, rps) =>
      simulationInput(scenarioOf(replicas, rps), { models: [input.models[pool] ?? null] }),
    holds: (run, replicas) => {
      const steady = scenarioOf(replicas, 1)
      const objectives = steady.traffic.flatMap(({ class: name }) => slo[name] ?? [])
      return objectiveFigures(steady, run).every(({ value, n }, i) => {
        const exact = { value: Number.isNaN(value) ? null : value, low: value, high: value, n }
        return verdictOf(parseObjective(objectives[i]!)!, exact) === 'PASS'
      })
    },
  }
}

/** Costs are no promise to requests. The worst window of steady traffic is like any other. */
function sloOf({ slo, traffic }: Scenario, classes: readonly number[]): Scenario['slo'] {
  const names = new Set(classes.map((i) => traffic[i]!.class))
  const entries = Object.entries(slo).flatMap(([name, texts]) => {
    const judged = texts.flatMap((text) => {
      if (parseObjective(text)?.kind === 'cost') return []
      return text.replace(/,\s*worst[^)]*/, '')
    })
    return names.has(name) && judged.length > 0 ? [[name, judged] as const] : []
  })
  return Object.fromEntries(entries)
}

/** The smallest share of requests beyond a percentile of an objective. */
function judgedBeyond(slo: Scenario['slo']): number {
  const shares = Object.values(slo).flatMap((texts) =>
    texts.flatMap((text) => {
      const objective = parseObjective(text)!
      return 'percentile' in objective ? [1 - objective.percentile] : []
    }),
  )
  return Math.min(0.01, ...shares.filter((share) => share > 0))
}
