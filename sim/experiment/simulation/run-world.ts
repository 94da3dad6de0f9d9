import { Failure } from '../../../scenarios/failure.ts'
import { stream } from '../../kernel/index.ts'
import {
  assemble,
  type Observer,
  Requests,
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
import { grouped } from '../system/crowd.ts'

/** Events of a piece of a run, some ten milliseconds of work: a look after each costs nothing. */
const EVENTS_AT_ONCE = 100_000
/** So many whole pieces at one instant: the run is taken for one that would never end. */
const MOST_AT_AN_INSTANT = 50

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

/** Gets the simulated time between pieces of a run, ms; an error of it ends the run. */
export type OnPiece = (now: number) => void

/**
 * Runs one simulated world until it is drained. Returns its journal where asked for. Throws where
 * rows of a trace are not at hand: see `runWorldInPieces`.
 */
export function runWorld(given: RunParts, onPiece?: OnPiece): Float64Array | null {
  const { world, end } = simulated(given)
  const watch = new Standstill(given.source)
  for (;;) {
    const state = world.advance(EVENTS_AT_ONCE)
    if (state === 'starved') throw new Error('Expected all rows of the traces to be at hand')
    if (state !== 'budget') return end()
    watch.look(world.now)
    onPiece?.(world.now)
  }
}

/** What is done while a world runs. */
export interface Pauses {
  /** fills up a source that has no rows of its traces left */
  readonly refill?: () => Promise<void>
  /** between pieces of the run; an error of it ends the run */
  readonly pause?: () => Promise<void>
  readonly onPiece?: OnPiece | undefined
}

/** The same in pieces of some ten milliseconds. */
export async function runWorldInPieces(
  given: RunParts,
  { refill, pause, onPiece }: Pauses,
): Promise<Float64Array | null> {
  const { world, end } = simulated(given)
  const watch = new Standstill(given.source)
  for (;;) {
    const state = world.advance(EVENTS_AT_ONCE)
    if (state === 'starved' && refill) await refill()
    else if (state === 'starved') throw new Error('Expected all rows of the traces to be at hand')
    else if (state === 'budget') {
      watch.look(world.now)
      onPiece?.(world.now)
      await pause?.()
    } else return end()
  }
}

/** Ends a run whose time does not go on: clients that ask again at once, for ever. */
class Standstill {
  readonly #source: Source
  #at = Number.NaN
  #pieces = 0

  constructor(source: Source) {
    this.#source = source
  }

  look(now: number): void {
    // a trace may have any number of rows at one time
    if (now !== this.#at || this.#source.reactsUntil === 0) {
      // an earlier instant may have had a part of this piece
      this.#pieces = 0
      this.#at = now
      return
    }
    if (++this.#pieces < MOST_AT_AN_INSTANT) return
    const events = grouped(EVENTS_AT_ONCE * MOST_AT_AN_INSTANT)
    throw new Failure(
      `at ${now / 1000} s of the run ${events} events happened at one instant: ` +
        'clients that are refused ask again at once; give them a think_time_s or a backoff_ms above 0',
    )
  }
}

/** Ends a run in which nothing will ever serve what waits: no figure would count these requests. */
function expectNoneLeft({ inUse }: Requests, now: number): void {
  if (inUse === 0) return
  throw new Failure(
    `${grouped(inUse)} requests wait at ${now / 1000} s of the run, and nothing will ever serve them: ` +
      'no replica that could comes back; give the queue a timeout_ms, or replicas that do',
  )
}

function simulated(given: RunParts) {
  const { plan, source, observe, seed, replication, journal, ...parts } = mutation(given)
  const random = {
    service: stream(seed, replication, 'service'),
    overheads: stream(seed, replication, 'overheads'),
  }
  const requests = new Requests()
  const { driver, control, log } = assemble({
    requests,
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
  const end = () => {
    expectNoneLeft(requests, driver.now)
    return log()
  }
  return { world: driver, end }
}
