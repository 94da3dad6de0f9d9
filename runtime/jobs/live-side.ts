import { isBuiltinDecoder, PLAIN_VOCABULARY, type Pool } from '../../scenarios/index.ts'
import { causedFailures, clientSystem, mayBeLost } from '../../sim/experiment/index.ts'
import {
  hasTokens,
  isSwappable,
  Ledger,
  largestBatch,
  topologyOf,
} from '../../sim/serving/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import { shapesText, sizeGrid, warmUpShapes } from '../calibration/index.ts'
import { cacheDirectory } from '../folders/profile-paths.ts'
import type { Reacting } from '../live/dispatcher-thread.ts'
import { type CompletionOptions, type FleetEngine, isCompletion } from '../live/engine.ts'
import type { Fleet } from '../live/fleet.ts'
import type { LiveSession, OpenSide, Player, SessionSide } from '../live/live-session.ts'
import { materialise, sessionOptions } from '../models/index.ts'
import { shared, targetOf } from '../targets/pool-target.ts'
import { poolGeneration } from './pool-generation.ts'
import type { System } from './prepare.ts'

export interface ReplaySide {
  readonly system: System
  readonly traffic: RequestList | Reacting
}

/** Lengths that every batch size is run with once before the first request. */
const WARM_LENGTHS = 3

/** What a fleet runs before the first replay. */
export interface WarmUp {
  /** time for the shapes of all executors, ms; the extreme ones are always run */
  readonly shapesMs: number
  /** the beginning of the traffic, which is replayed once */
  readonly trafficMs: number
}

/** p99 is several times too long until V8 has compiled the loops, in 15,000 requests. */
export const WARM_UP: WarmUp = { shapesMs: 10_000, trafficMs: 4000 }

interface OpenOptions {
  readonly warmUp?: WarmUp | undefined
  /** whether executors measure the processor time of batches, where they can; default: no */
  readonly processorTime?: boolean
}

/**
 * Opens the models of scenarios in all their replicas, in a session and at once, and warms up
 * shapes and loops.
 */
export async function openSides(
  session: LiveSession,
  sides: readonly ReplaySide[],
  { warmUp = WARM_UP, processorTime = false }: OpenOptions = {},
): Promise<OpenSide[]> {
  session.onProgress('opening models', 0, 1)
  const opening: SessionSide[] = []
  for (const side of sides) {
    const system = clientSystem(side.system)
    const engines = await enginesOf(system, session.signal)
    opening.push({
      plan: system.plan,
      engines: processorTime ? engines.map(withProcessorTime) : engines,
      warmUp: warmUpOf({ ...side, system }, warmUp),
    })
  }
  return session.open(opening)
}

const withProcessorTime = (engine: FleetEngine): FleetEngine =>
  isCompletion(engine) ? engine : { ...engine, processorTime: true }

function warmUpOf({ system, traffic }: ReplaySide, { shapesMs, trafficMs }: WarmUp) {
  return async (fleet: Fleet, onProgress: LiveSession['onProgress']) => {
    const show = (phase: string) => (done: number, of: number) => onProgress(phase, done, of)
    const warnings = await warmUpPools(system, fleet, shapesMs, show)
    const beginning = beginningOf(traffic, trafficMs)
    if (beginning !== null) {
      await fleet.replay(system.plan, beginning, { onProgress: show('warming up loops') })
    }
    return warnings
  }
}

/** A side that replays its traffic on an open fleet. */
export function playerOn({ fleet }: OpenSide, { system, traffic }: ReplaySide): Player {
  const { scenario, plan } = clientSystem(system)
  return { fleet, plan, traffic, failures: causedFailures(scenario, plan) }
}

/** Runs shapes of models that stay open. Returns a warning for each pool that has run fewer. */
export async function warmUpPools(
  { scenario, plan, lengths: ranges }: System,
  fleet: Fleet,
  shapesMs: number,
  show: (phase: string) => (done: number, of: number) => void,
): Promise<string[]> {
  const { poolOf, executorsOf } = topologyOf(plan)
  const ledger = new Ledger(plan)
  const warnings: string[] = []
  for (const [i, pool] of plan.pools.entries()) {
    // each load opens a new session; executors that generate warm up as they open
    if (isSwappable(plan, i) || hasTokens(pool)) continue
    // the server behind connections is the same
    const executors = executorsOf[i]!.slice(0, pool.connections ? 1 : undefined)
    const grid = {
      sizes: sizeGrid(largestBatch(pool)),
      lengths: warmLengths(ranges[i]!, pool.padTo),
    }
    // batches that never fit would need more memory than the pool has
    const fits = (size: number, length: number) =>
      pool.memory === undefined || ledger.fits(executors[0]!, size, length)
    const task = { executors, grid, fits, budgetMs: shapesMs / poolOf.length }
    const { name } = scenario.pools[i]!
    const warm = await warmUpShapes(fleet, task, show(`warming up shapes of pool ${name}`))
    if (warm.grid === grid) continue
    warnings.push(
      `pool ${name}: too slow to run every shape before the first request, only ` +
        `${shapesText(warm.grid)}; the first batch of another shape may take longer`,
    )
  }
  return warnings
}

function warmLengths({ min, max }: System['lengths'][number], padTo: number): number[] {
  const pad = (length: number) => Math.ceil(length / padTo) * padTo
  const lengths = Array.from({ length: WARM_LENGTHS }, (_, i) =>
    pad(Math.round(min + ((max - min) * i) / (WARM_LENGTHS - 1))),
  )
  return [...new Set(lengths)]
}

function beginningOf(traffic: ReplaySide['traffic'], ms: number): ReplaySide['traffic'] | null {
  if (ms === 0) return null
  if (traffic instanceof RequestList) return traffic.until(ms)
  const { scenario } = traffic
  const duration_s = Math.min(ms / 1000, scenario.duration_s)
  return { ...traffic, scenario: { ...scenario, duration_s } }
}

/** What each pool's executors open. */
export async function enginesOf(system: System, signal: AbortSignal): Promise<FleetEngine[]> {
  const { scenario, directory, plan, lengths, allowed } = system
  const engines: FleetEngine[] = []
  const places = { directory, cacheDirectory: cacheDirectory(), signal }
  for (const [i, pool] of scenario.pools.entries()) {
    const model = scenario.models[pool.model]!
    if (plan.pools[i]!.streams) {
      engines.push(completionsOf(system, pool))
      continue
    }
    if ('work' in model) {
      throw new Error(`Expected ${pool.model} to be refused, as nothing can run it live`)
    }
    const file = await materialise(model, pool.precision, places)
    const mortal = mayBeLost(scenario, pool)
    const session = sessionOptions(pool)
    const generation = poolGeneration(system, pool, file, plan.pools[i]!.generation)
    if (generation !== null) {
      // arenas grow with each new shape, of which steps have many
      engines.push({
        file,
        session: { ...session, memoryPattern: false },
        warmUp: [],
        generation,
        mortal,
      })
      continue
    }
    const [shortest] = warmLengths(lengths[i]!, plan.pools[i]!.padTo)
    const whole = targetOf(pool, allowed)
    // an executor has a thread, a server one for all of its connections
    const target = whole && shared(whole, whole.role === 'executor' ? pool.replicas : 1)
    engines.push({ file, session, warmUp: [[1, shortest!]], mortal, ...(target && { target }) })
  }
  return engines
}

/** A server that generates, and the prompts that it gets. */
function completionsOf({ scenario, plan, allowed }: System, pool: Pool): CompletionOptions {
  const target = targetOf(pool, allowed)!
  const model = scenario.models[pool.model]!
  const ofModel = isBuiltinDecoder(model) ? model.vocabulary : PLAIN_VOCABULARY
  return {
    target,
    vocabulary: pool.target?.vocabulary ?? ofModel,
    sharedTokens: plan.classes.map(({ sharedPrefixTokens }) => sharedPrefixTokens),
  }
}
