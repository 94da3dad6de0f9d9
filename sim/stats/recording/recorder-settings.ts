import { parseObjective, type TimedKind } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import {
  type Batch,
  hasTokens,
  type Ms,
  type Requests,
  type ServingPlan,
  topologyOf,
} from '../../serving/index.ts'
import type { EngineTimes } from './engine-work.ts'

export interface RecorderOptions {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  readonly requests: Requests
  /** of each pool, time of its tokens at its capacity; null or absent where that is not known */
  readonly tokenTimes?: readonly (EngineTimes | null)[]
  /** expected duration of a batch at speed 1, for the series of speed, ms */
  readonly expected: ((batch: Batch) => Ms) | null
  /** rows that are folded at once, at most `ROWS`; default: as many */
  readonly rowsAtOnce?: number
}

export type RecorderSettings = ReturnType<typeof recorderSettings>

/** What is read for each request, batch or step. */
export function recorderSettings({ scenario, plan, requests, expected }: RecorderOptions) {
  return {
    requests,
    expected,
    warmupMs: 1000 * scenario.warmup_s,
    durationMs: 1000 * scenario.duration_s,
    /** pool of each executor */
    poolOf: topologyOf(plan).poolOf,
    /** of each pool: batches are those of steps, and requests end token by token */
    generates: plan.pools.map(({ generation }) => generation !== undefined),
    /** of each pool: its requests have times of tokens */
    hasTokens: plan.pools.map(hasTokens),
    /** a good request of each class is below these; Infinity for none */
    limits: scenario.traffic.map(({ class: name }) => ({
      latencyMs: limitMs(scenario, name, 'latency'),
      ttftMs: limitMs(scenario, name, 'ttft'),
      tpotMs: limitMs(scenario, name, 'tpot'),
    })),
    /** of each class, from when a first token is generated to when it leaves */
    firstTokenDelaysMs: scenario.traffic.map(({ first_token_delay_ms: ms = 0 }) => ms),
  }
}

/** The strictest limit that objectives of a class set; Infinity for none. */
function limitMs({ slo }: Scenario, name: string, kind: TimedKind): Ms {
  const limits = (slo[name] ?? []).map((text) => {
    const objective = parseObjective(text)
    return objective?.kind === kind ? objective.limitMs : Number.POSITIVE_INFINITY
  })
  return Math.min(...limits, Number.POSITIVE_INFINITY)
}
