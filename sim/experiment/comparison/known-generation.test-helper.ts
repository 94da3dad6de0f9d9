import { CONTINUOUS, planOf, requestsOf } from '../../../test/small-system.ts'
import { stream } from '../../kernel/index.ts'
import { type PoolPlan, type ServingPlan, topologyOf } from '../../serving/index.ts'
import { EngineRunRecorder, RowRecorder, Rows } from '../../stats/index.ts'
import { ListSource, type RequestList } from '../../traffic/index.ts'
import {
  type DueEvent,
  type MeasuredSteps,
  machineOf,
  measuredLaw,
  NO_WAKE,
  Overheads,
} from '../../world/index.ts'
import { runWorld } from '../simulation/run-world.ts'
import { type KnownRun, knownField, OVERHEADS } from './known-machine.test-helper.ts'

/** An engine of which everything is known, and a replay on it as if it had been measured. */

type Generation = NonNullable<PoolPlan['generation']>

const ENGINE: Generation = {
  ...CONTINUOUS,
  maxSequences: 8,
  tokenBudget: 64,
  kv: { blocks: 400, blockTokens: 16, watermark: 0, contiguous: false, prefixCache: false },
  padsContexts: true,
}

const STEPS: MeasuredSteps = {
  ...{ runs: 'together', rows: [2, 3, 9, 100] },
  ms: [1, 1.5, 3, 12],
  ...{ sequenceMs: 0, contextMs: 0.001, longestMs: 0.002, pastMs: 0.003, pairMs: 0.0004 },
}

/** A plan with one engine, by default of 8 sequences that decode first. */
export const enginePlan = (change: Partial<Generation> = {}): ServingPlan =>
  planOf([{ generation: { ...ENGINE, ...change } }])

/** Poisson arrivals, with up to `mostTokens` tokens to generate. */
export function promptsOf(rateRps: number, seconds: number, mostTokens = 20): RequestList {
  const random = stream(1, 0, 'known prompts')
  const at: number[] = []
  let now = random.exponential() / rateRps
  for (; now < seconds; now += random.exponential() / rateRps) at.push(1000 * now)
  return requestsOf(at, {
    lengths: at.map(() => 10 + random.integer(140)),
    outputs: at.map(() => 1 + random.integer(mostTokens)),
  })
}

/** Runs prompts on a machine with slow spells and stalls, and notes what a replay would note. */
export function knownGeneration(
  requests: RequestList,
  {
    seconds,
    seed = 1,
    plan = enginePlan(),
  }: { seconds: number; seed?: number; plan?: ServingPlan },
): KnownRun & { readonly journal: Float64Array } {
  const field = {
    replicas: topologyOf(plan).executors.length,
    durationMs: 1000 * seconds,
    stillShare: 0.01,
  }
  const overheads = new Overheads(OVERHEADS)
  const rows = Rows.allocate(requests.count)
  const fired: DueEvent[] = []
  const engines = new EngineRunRecorder()
  const steps = measuredLaw(STEPS)
  const work = () => Number.NaN
  const journal = runWorld({
    plan,
    source: new ListSource(requests),
    hardware: topologyOf(plan).poolOf.map(() => ({
      work: { of: work },
      wake: NO_WAKE,
      overheads,
      steps: { ...steps, varied: (meanMs) => meanMs },
    })),
    machine: machineOf(knownField(stream(seed, 0, 'known machine'), field)),
    sendDelay: overheads,
    timer: overheads,
    fired,
    seed,
    replication: 0,
    observe: (slots) => [new RowRecorder(rows, slots), engines],
    journal: true,
  })
  const executors = topologyOf(plan).poolOf.map(() => ({ work, wake: NO_WAKE, steps }))
  const known = { plan, requests, work: executors, journal: journal! }
  return { rows, timers: fired, engineRuns: engines.runs, ...known }
}
