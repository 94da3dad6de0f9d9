import { type Scenario, scenarioSchema } from '../../../scenarios/schema/schema.ts'
import {
  type FittedTraffic,
  RequestList,
  rankCorrelation,
  type TraceSample,
  type TraceStatistics,
  traceStatistics,
  trafficSource,
} from '../../traffic/index.ts'
import { type SimulationInput, simulationInput } from '../system/simulation-input.ts'

/** Share of the work that does not depend on the length. */
const BASE_SHARE = 0.25

/** Statistics of a trace, or of fitted traffic. */
export interface SampleFigures extends TraceStatistics {
  readonly rankCorrelation: number | null
}

export function sampleFigures(sample: TraceSample): SampleFigures {
  const { lengths, outputs } = sample
  const correlation = lengths && outputs && rankCorrelation(lengths, outputs)
  return { ...traceStatistics(sample), rankCorrelation: correlation }
}

/**
 * A scenario in which fit and trace can be compared: one replica serves one request after another,
 * takes a time that is linear in the input, and is busy for `load` of the trace's duration.
 */
export function fitScenario(
  traffic: object,
  trace: TraceStatistics,
  options: { readonly load: number; readonly seed: number },
): Scenario {
  const meanMs = (1000 * options.load) / trace.mean_rps
  const tokens = trace.input_tokens?.mean
  const work =
    tokens === undefined
      ? { law: 'constant', ms: meanMs }
      : {
          law: 'linear',
          base_ms: BASE_SHARE * meanMs,
          per_token_ms: ((1 - BASE_SHARE) * meanMs) / tokens,
        }
  return scenarioSchema.parse({
    spillway: 1,
    name: 'trace-fit',
    seed: options.seed,
    // the end must be after the last row of the trace
    duration_s: trace.duration_s + 0.001,
    models: { server: { work } },
    traffic: [traffic],
    pools: [{ name: 'server', model: 'server' }],
  })
}

/** Input for replications of a scenario with declared work. */
export function fitInput(scenario: Scenario, sample: TraceSample | null): SimulationInput {
  const { times, lengths, outputs } = sample ?? { times: null, lengths: null, outputs: null }
  const traces = new Map(
    times === null
      ? []
      : [
          [
            0,
            {
              taken: times.length,
              spanMs: times.at(-1)!,
              held: {
                times,
                lengths: lengths && Int32Array.from(lengths),
                outputs: outputs && Int32Array.from(outputs),
              },
            },
          ] as const,
        ],
  )
  return simulationInput(scenario, { traces })
}

/** Statistics of the requests in one replication of fitted traffic. */
export function replicationFigures(
  scenario: Scenario,
  { traffic }: FittedTraffic,
  replication: number,
): SampleFigures | null {
  const { seed } = scenario
  const source = trafficSource(scenario, {
    seed,
    replication,
    capacityRps: null,
    traces: new Map(),
  })
  const { at, inputTokens, outputTokens } = RequestList.collect(source).columns
  // too few for statistics of gaps
  if (at.length < 3) return null
  const figures = sampleFigures({
    times: at,
    lengths: traffic.input_tokens === undefined ? null : inputTokens,
    outputs: traffic.output_tokens === undefined ? null : outputTokens,
  })
  // a trace begins and ends with a row, a replication may not
  return { ...figures, mean_rps: at.length / scenario.duration_s }
}
