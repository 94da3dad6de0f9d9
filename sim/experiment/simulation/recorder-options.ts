import { parseObjective, type TimedKind } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { largestBatch, type Requests, type ServingPlan, topologyOf } from '../../serving/index.ts'
import { type RecorderOptions, type WindowOptions, windowsOf } from '../../stats/index.ts'
import { surgeWindows } from '../../traffic/index.ts'
import { windowObjectives } from '../result/objectives.ts'
import type { SimulationInput } from '../system/simulation-input.ts'

/** What a recorder needs to know of a scenario. */
export function recorderOptions(
  scenario: Scenario,
  plan: ServingPlan,
  requests: Requests,
  expected: RecorderOptions['expected'],
  tokenTimes: SimulationInput['tokenTimes'] = [],
): RecorderOptions {
  return {
    requests,
    durationMs: scenario.duration_s * 1000,
    warmupMs: scenario.warmup_s * 1000,
    pools: plan.pools.map((pool, i) => ({
      maxBatch: largestBatch(pool),
      generates: pool.generation !== undefined,
      tokenTimes: tokenTimes[i] ?? null,
      retries: pool.retries,
      warm: scenario.pools[i]!.scaling?.warm ?? 0,
    })),
    poolOf: topologyOf(plan).poolOf,
    surges: surgeWindows(scenario),
    parts: scenario.traffic.map(({ class: name, fan_out: parts, retry, hedge }) => {
      const judged = limitMs(scenario, name, 'call') < Number.POSITIVE_INFINITY
      return judged || parts > 1 || retry !== undefined || hedge !== undefined ? parts : null
    }),
    hedged: scenario.traffic.map(({ hedge }) => hedge !== undefined),
    retried: plan.classes.map(({ pools }) =>
      plan.pools.some(({ index, retries }) => retries && (pools?.includes(index) ?? true)),
    ),
    capped: scenario.traffic.map(({ max_in_flight: most }) => most !== undefined),
    limitsMs: scenario.traffic.map((traffic) => limitMs(scenario, traffic.class, 'latency')),
    firstTokenDelaysMs: scenario.traffic.map(({ first_token_delay_ms: ms = 0 }) => ms),
    windows: worstWindows(scenario),
    tokenLimits: scenario.traffic.map(({ class: name }) => ({
      ttftMs: limitMs(scenario, name, 'ttft'),
      tpotMs: limitMs(scenario, name, 'tpot'),
    })),
    expected,
  }
}

/** Lengths of windows, ms: the worst of the longest that fits several times is reported. */
const REPORTED_MS = [60_000, 10_000, 1000, 100]
const FEWEST_WINDOWS = 3

function worstWindows(scenario: Scenario): WindowOptions {
  const [fromMs, untilMs] = [1000 * scenario.warmup_s, 1000 * scenario.duration_s]
  const of = (lengthMs: number) => windowsOf(lengthMs, fromMs, untilMs)
  const objectives = scenario.traffic.map(({ class: name }) =>
    windowObjectives(scenario.slo[name] ?? []).map(({ kind, percentile, window_s }) => ({
      kind,
      percentile,
      windows: of(1000 * window_s),
    })),
  )
  const reported = REPORTED_MS.map(of).find(([first]) => first!.count >= FEWEST_WINDOWS) ?? null
  return { reported, objectives }
}

/** The strictest limit that objectives of a class set; Infinity for none. */
function limitMs({ slo }: Scenario, name: string, kind: TimedKind): number {
  const limits = (slo[name] ?? []).map((text) => {
    const objective = parseObjective(text)
    return objective?.kind === kind ? objective.limitMs : Number.POSITIVE_INFINITY
  })
  return Math.min(...limits, Number.POSITIVE_INFINITY)
}
