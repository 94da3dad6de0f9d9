import { stream } from '../../kernel/index.ts'
import {
  assemble,
  type Observer,
  type Requests,
  type ServingPlan,
  type Source,
} from '../../serving/index.ts'
import {
  type DueEvent,
  type ExecutorLifecycle,
  type Hardware,
  type HeatWatch,
  type Machine,
  type ModelLoads,
  type OverheadModel,
  type SharedCards,
  SimulatedWorld,
  type WorldMemory,
} from '../../world/index.ts'

const EVENTS_AT_ONCE = 1_000_000

/** The parts of a simulated run that differ between its uses. */
export interface RunParts {
  readonly plan: ServingPlan
  readonly source: Source
  readonly hardware: readonly Hardware[]
  readonly machine: Machine
  /** overheads of handing requests over; null where the source's times include them */
  readonly sendDelay: OverheadModel | null
  /** overheads of timers; null for none */
  readonly timer: OverheadModel | null
  /** none where memory is no concern */
  readonly memory?: WorldMemory | null
  /** of swapped models; none where the memory model has them, or no model is swapped */
  readonly loads?: ModelLoads | null
  /** none where every executor runs all the time */
  readonly lifecycle?: ExecutorLifecycle | null
  /** none where no accelerator becomes too warm */
  readonly heat?: HeatWatch | null
  /** none where no accelerator is shared by time slicing */
  readonly cards?: SharedCards | null
  /** receives the timers that were due, as a replay notes them */
  readonly fired?: DueEvent[] | null
  readonly seed: number
  readonly replication: number
  readonly observe: (requests: Requests) => readonly Observer[]
  readonly journal?: boolean
}

/** What `withMutation` makes of a world's parts; nothing else ever sets it. */
let mutation = (parts: RunParts): RunParts => parts

/**
 * Test-only: changes what a world is made of before it runs; see tools/mutants. No scenario can
 * reach it.
 */
export function withMutation<T>(change: (parts: RunParts) => RunParts, run: () => T): T {
  const before = mutation
  mutation = change
  try {
    return run()
  } finally {
    mutation = before
  }
}

/**
 * Runs one simulated world until it is drained. Returns its journal where asked for. Throws where
 * rows of a trace are not at hand: see `runWorldInPieces`.
 */
export function runWorld(given: RunParts): Float64Array | null {
  const { world, log } = simulated(given)
  for (;;) {
    const state = world.advance(EVENTS_AT_ONCE)
    if (state === 'starved') throw new Error('Expected all rows of the traces to be at hand')
    if (state !== 'budget') return log()
  }
}

/** What is awaited while a world runs. */
export interface Pauses {
  /** fills up a source that has no rows of its traces left */
  readonly refill?: () => Promise<void>
  /** between pieces of the run; an error of it ends the run */
  readonly pause?: () => Promise<void>
}

/** The same in pieces of some hundred milliseconds. */
export async function runWorldInPieces(
  given: RunParts,
  { refill, pause }: Pauses,
): Promise<Float64Array | null> {
  const { world, log } = simulated(given)
  for (;;) {
    const state = world.advance(EVENTS_AT_ONCE)
    if (state === 'starved' && refill) await refill()
    else if (state === 'starved') throw new Error('Expected all rows of the traces to be at hand')
    else if (state === 'budget') await pause?.()
    else return log()
  }
}

function simulated(given: RunParts) {
  const { plan, source, observe, seed, replication, journal, ...parts } = mutation(given)
  const random = {
    service: stream(seed, replication, 'service'),
    overheads: stream(seed, replication, 'overheads'),
  }
  const { driver, control, log } = assemble({
    plan,
    source,
    world: (traffic) => {
      const channels = plan.channels && { channels: plan.channels }
      const world = new SimulatedWorld({ ...parts, ...channels, ...traffic, random })
      const { executors } = world
      const ports = { timers: world, backend: executors, steps: executors, transfers: world }
      return { driver: world, ...ports }
    },
    observe,
    logs: journal === true,
  })
  driver.attach(control)
  return { world: driver, log }
}
