import { stream } from '../../kernel/index.ts'
import {
  ControlPlane,
  LoggingControlPlane,
  type Observer,
  OutcomeFeedback,
  Requests,
  type ServingPlan,
  type Source,
} from '../../serving/index.ts'
import { inParts } from '../../traffic/index.ts'
import {
  type Hardware,
  type Link,
  type Machine,
  type ModelLoads,
  type OverheadModel,
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
  readonly lag: OverheadModel | null
  /** overheads of timers; null for none */
  readonly timer: OverheadModel | null
  /** the way to the queues; none where requests are there when they are sent */
  readonly link?: Link | null
  /** none where memory is no concern */
  readonly memory?: WorldMemory | null
  /** of models that come and go; none where memory tells, or none does */
  readonly loads?: ModelLoads | null
  readonly seed: number
  readonly replication: number
  readonly observe: (requests: Requests) => Observer
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
 * rows of a trace are not at hand: see `runReadingWorld`.
 */
export function runWorld(given: RunParts): Float64Array | null {
  const { world, journal } = assemble(given)
  for (;;) {
    const state = world.advance(EVENTS_AT_ONCE)
    if (state === 'starved') throw new Error('Expected all rows of the traces to be at hand')
    if (state !== 'budget') return journal?.entries() ?? null
  }
}

/** The same for a source that must be filled up whenever the world is starved. */
export async function runReadingWorld(
  given: RunParts,
  refill: () => Promise<void>,
): Promise<Float64Array | null> {
  const { world, journal } = assemble(given)
  for (;;) {
    const state = world.advance(EVENTS_AT_ONCE)
    if (state === 'starved') await refill()
    else if (state !== 'budget') return journal?.entries() ?? null
  }
}

function assemble(given: RunParts): {
  readonly world: SimulatedWorld
  readonly journal: LoggingControlPlane | null
} {
  const parts = mutation(given)
  const requests = new Requests()
  const source = inParts(parts.source, parts.plan.classes)
  const world = new SimulatedWorld({
    source,
    requests,
    hardware: parts.hardware,
    machine: parts.machine,
    random: {
      service: stream(parts.seed, parts.replication, 'service'),
      overheads: stream(parts.seed, parts.replication, 'overheads'),
    },
    lag: parts.lag,
    timer: parts.timer,
    link: parts.link ?? null,
    memory: parts.memory ?? null,
    loads: parts.loads ?? null,
  })
  const observer = parts.observe(requests)
  const control = new ControlPlane(parts.plan, {
    requests,
    timers: world,
    backend: world,
    steps: world,
    observer: source.reactsUntil > 0 ? new OutcomeFeedback(observer, source, requests) : observer,
  })
  const journal = parts.journal === true ? new LoggingControlPlane(control, requests) : null
  world.attach(journal ?? control)
  return { world, journal }
}
