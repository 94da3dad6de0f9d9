import type { PoolMemory } from '../../../scenarios/schema/schema.ts'
import {
  type ArenaFigures,
  type ArenaReplica,
  type MemoryComparison,
  type MemorySpace,
  worst,
} from '../../documents/index.ts'
import { sum } from '../../kernel/index.ts'
import { type ActivationPlan, Device, ReplicaMemory, replicaPlan } from '../../memory/index.ts'
import type { Check } from './verdicts.ts'

const MIB = 2 ** 20

/** Largest relative error of reserved memory. */
const RESERVED_TOLERANCE = 0.05

/** A replica whose arena was observed, and the simulation of its pool. */
export interface ObservedArena {
  readonly arena: ArenaReplica
  readonly memory: PoolMemory
  /** null where the profile has none */
  readonly plan: ActivationPlan | null
  /** simulated, of its pool; null on a device that pools share */
  readonly space: MemorySpace | null
}

/** The arena of each replica, and the model of the arena with the very same batches. */
export function compareArenas(observed: readonly ObservedArena[]): MemoryComparison[] {
  const runs = observed.map(({ arena }) => measuredRun(arena))
  const fullest = fullestOf(observed, runs)
  return observed.map(({ arena, memory, plan, ...known }, i) => {
    const measured = runs[i]!
    const space = fullest.has(i) ? known.space : null
    const driven = plan && drivenRun(arena, memory, plan)
    const error = driven && {
      held: errorOf(driven, measured, 'held'),
      in_use: errorOf(driven, measured, 'inUse'),
      requested: errorOf(driven, measured, 'requested'),
      free_share: difference(freeShare(driven), freeShare(measured)),
    }
    const { pool, replica, pattern, sizes, left_out } = arena
    return {
      pool,
      replica,
      pattern,
      batches: sizes.length,
      left_out,
      measured: figuresOf(measured),
      driven: driven && figuresOf(driven),
      predicted: space && {
        held_mib: space.peak_held_mib,
        in_use_mib: space.peak_in_use_mib,
        requested_mib: space.peak_requested_mib,
        internal_fragmentation: space.internal_fragmentation,
        external_fragmentation: space.external_fragmentation,
        free_share: space.free_share,
      },
      error,
      other_from: driven && firstOther(measured.extensions, driven.extensions),
      process: arena.process,
      verdict: verdictOf(error?.held ?? null, sizes.length),
    }
  })
}

/** The replica of each pool that reserved most, by its place in the list. */
function fullestOf(observed: readonly ObservedArena[], runs: readonly ArenaRun[]): Set<number> {
  const fullest = new Map<string, number>()
  for (const [i, { arena }] of observed.entries()) {
    const before = fullest.get(arena.pool)
    if (before === undefined || runs[i]!.held > runs[before]!.held) fullest.set(arena.pool, i)
  }
  return new Set(fullest.values())
}

/** All replicas together, as a check of a comparison. */
export function memoryCheck(rows: readonly MemoryComparison[]): Check {
  const verdict = worst(rows.map((row) => row.verdict))
  const named = rows.filter((row) => row.verdict === verdict)
  const names = named.map(({ pool, replica }) => `${pool} ${replica + 1}`).join(', ')
  const identical = rows.filter(({ other_from }) => other_from === null).length
  const texts = {
    PASS: `reserved memory is within 5 % of the arenas', with the same batches; extensions are identical in ${identical} of ${rows.length}`,
    FAIL: `reserved memory is off by more than 5 % in ${names}, with the same batches`,
    UNDECIDED: named.some(({ batches }) => batches === 0)
      ? `${names} ran no batch`
      : `the profile has no memory of the model of ${names}`,
  }
  return { verdict, reason: texts[verdict], worst: null }
}

/** Relative, and without weights: they are the same on both sides, and would hide the rest. */
function errorOf(driven: ArenaRun, measured: ArenaRun, of: 'held' | 'inUse' | 'requested') {
  const [simulated, real] = [driven, measured].map((run) => run[of] - run.weights)
  return simulated === real ? 0 : simulated! / Math.max(real!, 1) - 1
}

function verdictOf(error: number | null, batches: number) {
  if (error === null || batches === 0) return 'UNDECIDED'
  return Math.abs(error) <= RESERVED_TOLERANCE ? 'PASS' : 'FAIL'
}

/** The figures of an arena, in bytes. */
interface ArenaRun {
  readonly weights: number
  readonly held: number
  /** most at a time, each for itself */
  readonly inUse: number
  readonly requested: number
  /** without weights, where most was in use; null where no batch took any */
  readonly internal: number | null
  readonly external: number | null
  readonly extensions: ArenaReplica['extensions']
}

function measuredRun(arena: ArenaReplica): ArenaRun {
  const { apart_bytes: apart } = arena
  const weights = apart + sum(arena.reserved_bytes)
  const peak = new Peak(weights)
  for (const [i, bytes] of arena.in_use_bytes.entries()) {
    peak.see(apart + bytes, apart + arena.requested_bytes[i]!)
  }
  const { extensions } = arena
  const held = weights + sum(extensions.map(({ bytes }) => bytes))
  return { ...peak.figures, weights, held, external: null, extensions }
}

/** Without a limit: ONNX Runtime in Node takes none. */
function drivenRun(arena: ArenaReplica, memory: PoolMemory, plan: ActivationPlan): ArenaRun {
  const replica = new ReplicaMemory(new Device(Number.POSITIVE_INFINITY), replicaPlan(memory, plan))
  replica.load()
  const weights = replica.weightsBytes
  const peak = new Peak(weights)
  let external = 0
  const extensions: ArenaReplica['extensions'] = []
  for (const [batch, size] of arena.sizes.entries()) {
    replica.run(size, arena.lengths[batch]!)
    for (const bytes of replica.extensions) extensions.push({ batch, bytes })
    const { state } = replica
    const free = state.heldBytes - state.inUseBytes
    if (free > 0) external = Math.max(external, 1 - state.largestFreeBytes / free)
    peak.see(state.inUseBytes, state.requestedBytes)
    replica.end()
  }
  return { ...peak.figures, weights, held: replica.state.heldBytes, external, extensions }
}

/** The most that was in use and that was requested, batch by batch. */
class Peak {
  readonly #weights: number
  #inUse: number
  #requested: number
  #internal: number | null = null

  constructor(weights: number) {
    this.#weights = weights
    this.#inUse = weights
    this.#requested = weights
  }

  see(inUse: number, requested: number): void {
    this.#requested = Math.max(this.#requested, requested)
    if (inUse <= this.#inUse) return
    this.#inUse = inUse
    this.#internal = 1 - (requested - this.#weights) / (inUse - this.#weights)
  }

  get figures() {
    return { inUse: this.#inUse, requested: this.#requested, internal: this.#internal }
  }
}

/** The most that may be lost between chunks at the peak in use; null where nothing is reserved. */
function freeShare({ weights, held, inUse }: ArenaRun): number | null {
  return held > weights ? 1 - (inUse - weights) / (held - weights) : null
}

const difference = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b)

function figuresOf(run: ArenaRun) {
  const { held, inUse, requested, internal, external, extensions } = run
  const figures: ArenaFigures = {
    held_mib: held / MIB,
    in_use_mib: inUse / MIB,
    requested_mib: requested / MIB,
    internal_fragmentation: internal,
    external_fragmentation: external,
    free_share: freeShare(run),
    extensions_mib: extensions.map(({ bytes }) => bytes / MIB),
  }
  return figures
}

function firstOther(
  measured: ArenaReplica['extensions'],
  driven: ArenaReplica['extensions'],
): number | null {
  for (let i = 0; i < Math.max(measured.length, driven.length); i++) {
    const [a, b] = [measured[i], driven[i]]
    if (a?.batch === b?.batch && a?.bytes === b?.bytes) continue
    return Math.min(a?.batch ?? Number.POSITIVE_INFINITY, b?.batch ?? Number.POSITIVE_INFINITY)
  }
  return null
}
