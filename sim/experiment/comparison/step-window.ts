import type { StepColumns, StepWindow } from '../../documents/index.ts'
import { generatesIn, type Ms, type ServingPlan, topologyOf } from '../../serving/index.ts'
import type { EngineRun } from '../../stats/index.ts'
import type { RequestList } from '../../traffic/index.ts'
import type { ObservedRun } from './observed-run.ts'
import { type ExecutorWork, structureSimulator } from './structure.ts'

/** Longest window, ms. */
const LONGEST_MS = 1000
/** A document and a picture have about as many steps of an engine, or fewer. */
const MOST_STEPS = 100
const MOST_ENGINES = 4
/** A window begins at a multiple of this part of its length. */
const PARTS = 4

/** A step of an engine, ms of the clock of its run. */
interface Step {
  readonly executor: number
  readonly began: Ms
  readonly ended: Ms
  readonly decodes: number
  readonly prompts: number
  readonly promptTokens: number
}

interface WindowInput {
  readonly plan: ServingPlan
  readonly requests: RequestList
  /** one entry for each executor */
  readonly work: readonly ExecutorWork[]
  readonly replays: readonly ObservedRun[]
  /** number of the replay whose steps are shown */
  readonly replay: number
  readonly pools: readonly { readonly name: string }[]
  readonly warmupMs: Ms
  readonly durationMs: Ms
  readonly seed: number
}

/**
 * Steps of a replay and of one simulation of it on its own machine, in the window of at most a
 * second in which the engines computed the most tokens. Null where no tokens are generated.
 */
export function stepWindowOf(input: WindowInput): StepWindow | null {
  const { plan, replay, pools, warmupMs } = input
  const run = input.replays[replay]!
  if (!generatesIn(plan) || run.engineRuns === undefined) return null
  const measured = stepsOf(run.engineRuns).filter(({ began }) => began >= warmupMs)
  if (measured.length === 0) return null
  const fromMs = busiestFrom(measured, input)
  const toMs = fromMs + windowMs(measured)
  const inWindow = (steps: readonly Step[]) =>
    steps.filter(({ began }) => began >= fromMs && began < toMs)
  const shown = inWindow(measured)
  const tokensBy = new Map<number, number>()
  for (const step of shown) {
    tokensBy.set(step.executor, (tokensBy.get(step.executor) ?? 0) + tokensOf(step))
  }
  const { executors } = topologyOf(plan)
  const engines = [...executors.keys()]
    .filter((executor) => plan.pools[executors[executor]!.pool]!.generation !== undefined)
    .sort((a, b) => (tokensBy.get(b) ?? 0) - (tokensBy.get(a) ?? 0))
  const simulated = inWindow(stepsOf(structureSimulator({ ...run, ...input })(0).engineRuns!))
  const columns = (steps: readonly Step[], of: number) =>
    columnsOf(
      steps.filter(({ executor }) => executor === of),
      fromMs,
    )
  return {
    replay,
    from_s: fromMs / 1000,
    to_s: toMs / 1000,
    engines: engines
      .slice(0, MOST_ENGINES)
      .sort((a, b) => a - b)
      .map((executor) => {
        const { pool, replica } = executors[executor]!
        return {
          ...{ pool: pools[pool]!.name, replica },
          max_sequences: plan.pools[pool]!.generation!.maxSequences,
          measured: columns(shown, executor),
          simulated: columns(simulated, executor),
        }
      }),
    engines_left_out: Math.max(0, engines.length - MOST_ENGINES),
  }
}

const tokensOf = ({ decodes, promptTokens }: Step) => decodes + promptTokens

/** Each step of these runs. */
function stepsOf(runs: readonly EngineRun[]): Step[] {
  return runs.flatMap(({ executor, began, stepEnds, ended, batch }) => {
    const ends = [...stepEnds, ended]
    const { decodes, prefills: prompts, promptTokens } = batch
    return ends.map((end, i) => {
      return { executor, began: ends[i - 1] ?? began, ended: end, decodes, prompts, promptTokens }
    })
  })
}

/** Whole ms, so long that an engine which always computes has MOST_STEPS of mean length. */
function windowMs(steps: readonly Step[]): Ms {
  const sum = steps.reduce((ms, { began, ended }) => ms + ended - began, 0)
  return Math.min(LONGEST_MS, Math.ceil((MOST_STEPS * sum) / steps.length))
}

/** Start of the window with the most tokens that ends before the traffic does; whole ms. */
function busiestFrom(steps: readonly Step[], { warmupMs, durationMs }: WindowInput): Ms {
  const partMs = windowMs(steps) / PARTS
  const parts = Math.max(PARTS, Math.floor((durationMs - warmupMs) / partMs))
  const tokens = new Float64Array(parts)
  for (const step of steps) {
    const part = Math.floor((step.began - warmupMs) / partMs)
    if (part < parts) tokens[part]! += tokensOf(step)
  }
  let [best, most] = [0, 0]
  for (let first = 0; first + PARTS <= parts; first++) {
    const sum = tokens.subarray(first, first + PARTS).reduce((a, b) => a + b, 0)
    if (sum > most) [best, most] = [first, sum]
  }
  return Math.floor(warmupMs + best * partMs)
}

const columnsOf = (steps: readonly Step[], fromMs: Ms): StepColumns => ({
  at_ms: steps.map(({ began }) => rounded(began - fromMs)),
  ms: steps.map(({ began, ended }) => rounded(ended - began)),
  decodes: steps.map(({ decodes }) => decodes),
  prompts: steps.map(({ prompts }) => prompts),
  prompt_tokens: steps.map(({ promptTokens }) => promptTokens),
})

/** To the microsecond. */
const rounded = (ms: Ms) => Math.round(1000 * ms) / 1000
