import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { Empirical, type Random } from '../../kernel/index.ts'
import {
  type ActivationPlan,
  Device,
  OUT_OF_MEMORY,
  ReplicaMemory,
  replicaPlan,
} from '../../memory/index.ts'
import {
  type BatchShape,
  computedLength,
  type DevicePlan,
  type Ms,
  type ServingPlan,
  topologyOf,
} from '../../serving/index.ts'
import {
  fullestSpace,
  SpaceRecorder,
  type SpaceState,
  type SpaceSummary,
} from '../../stats/index.ts'
import { AddressSpace } from './address-space.ts'
import type { LoadEnd, ModelLoads } from './model-loads.ts'
import { WeightLink } from './weight-link.ts'

/** A device, its replicas, and the recorder of its memory. */
interface Card {
  readonly plan: DevicePlan
  readonly device: Device
  readonly shared: boolean
  readonly replicas: Replica[]
  readonly recorder: SpaceRecorder
  readonly addresses: AddressSpace
  /** null where no weights are loaded, or with measured load times */
  readonly link: WeightLink | null
}

interface Replica {
  readonly pool: string
  readonly memory: ReplicaMemory
  readonly card: Card
  /** load times, ms; null where none were measured */
  readonly loads: Empirical | null
  /** whether its weights are there from the start, and never evicted */
  readonly stays: boolean
  /** when its last load began, ms */
  loadedFrom: Ms
}

export interface MemoryParts {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  /** of each pool; null where its memory is not simulated */
  readonly activations: readonly (ActivationPlan | null)[]
  /** whether maps of the address space are recorded */
  readonly maps: boolean
}

/**
 * The memory of the simulated world: devices, and the allocators of all replicas whose pools have
 * `memory`. A batch allocates and frees at the instant of its start. Until it ends, its replica is
 * recorded at the peak of that batch.
 */
export class WorldMemory implements ModelLoads {
  /** of each executor; undefined where memory is not simulated */
  readonly #replicas: readonly (Replica | undefined)[]
  /** by the number of the device; undefined for a device without replicas */
  readonly #cards: readonly (Card | undefined)[]
  readonly #plan: ServingPlan
  readonly #maps: boolean

  /** Throws where weights that are loaded at the start do not fit. */
  constructor(parts: MemoryParts) {
    const { plan, maps } = parts
    const cards: (Card | undefined)[] = []
    this.#plan = plan
    this.#maps = maps
    this.#replicas = topologyOf(plan).executors.map(({ pool, replica }) => {
      const number = plan.pools[pool]!.memory?.devices[replica]
      const activations = parts.activations[pool]
      if (number === undefined || !activations) return undefined
      const card = (cards[number] ??= cardOf(parts, number))
      const { name, memory } = parts.scenario.pools[pool]!
      const replicaMemory = new ReplicaMemory(card.device, replicaPlan(memory!, activations))
      const { loadMs: table } = activations
      const loads = table === undefined ? null : new Empirical(table)
      const stays = card.plan.residency === null || plan.pools[pool]!.memory!.pinned
      const placed = { pool: name, memory: replicaMemory, card, loads, stays, loadedFrom: 0 }
      card.replicas.push(placed)
      return placed
    })
    this.#cards = cards
    for (const replica of this.#replicas) {
      if (replica?.stays) loadAtStart(replica)
    }
    for (const card of cards) card?.recorder.sample(0, stateOf(card))
  }

  /** The recorder of an executor's device; undefined where memory is not simulated. */
  recorder(executor: number): SpaceRecorder | undefined {
    return this.#replicas[executor]?.card.recorder
  }

  /** Allocates what a batch needs; false where a chunk cannot be allocated. */
  start(now: Ms, batch: BatchShape & { readonly executor: number }): boolean {
    const replica = this.#replicas[batch.executor]
    if (replica === undefined) return true
    const { card, memory } = replica
    const { recorder } = card
    const isMapDue = this.#maps && recorder.wantsMap(now)
    // a replica that runs while the map of another is recorded is shown at its own peak
    const mapped = isMapDue || (this.#maps && card.replicas.length > 1)
    const failed = memory.run(batch.size, computedLength(batch), mapped)
    recorder.counts.extensions += memory.extensions.length
    if (failed < 0) countFailure(recorder, failed)
    recorder.sample(now, stateOf(card))
    if (isMapDue) recorder.map(now, mapOf(card))
    return failed === 0
  }

  end(now: Ms, executor: number): void {
    const replica = this.#replicas[executor]
    // the batch of a process that has ended has nothing left
    if (replica === undefined || !replica.memory.running) return
    replica.memory.end()
    replica.card.recorder.sample(now, stateOf(replica.card))
  }

  /**
   * Allocates the memory of a model at once. Returns when the loads on its device end, including
   * this one; null where memory is short.
   */
  load(now: Ms, executor: number, random: Random): readonly LoadEnd[] | null {
    const replica = this.#replica(executor)
    const { card, memory, loads } = replica
    if (memory.load() < 0) {
      card.recorder.counts.loads++
      return null
    }
    card.recorder.residency.loads++
    card.recorder.sample(now, stateOf(card))
    replica.loadedFrom = now
    if (card.link !== null) return card.link.begin(now, executor, memory.weightsBytes)
    if (loads === null) throw new Error(`Expected ${replica.pool} to be swapped`)
    return [{ executor, at: now + loads.draw(random) }]
  }

  loaded(now: Ms, executor: number): void {
    const { card, pool, loadedFrom } = this.#replica(executor)
    card.recorder.loaded(pool, now - loadedFrom)
  }

  /**
   * The process of an executor has ended. A model that is swapped is gone until it is loaded again;
   * the next process takes the weights of others at its start. Returns the new ends of loads that
   * had shared the link with a load that ends here.
   */
  lose(now: Ms, executor: number): readonly LoadEnd[] {
    const replica = this.#replicas[executor]
    if (replica === undefined) return []
    const { card, memory } = replica
    memory.lose()
    if (replica.stays) memory.load()
    card.recorder.sample(now, stateOf(card))
    return card.link?.abort(now, executor) ?? []
  }

  unload(now: Ms, executor: number): void {
    const { card, memory } = this.#replica(executor)
    // a process that has ended since has no model
    if (!memory.resident) return
    memory.unload()
    card.recorder.residency.evictions++
    card.recorder.sample(now, stateOf(card))
  }

  /** All arenas on the device of an executor release their unused regions. */
  shrink(now: Ms, executor: number): void {
    const { card } = this.#replica(executor)
    for (const { memory } of card.replicas) memory.shrink()
    card.recorder.sample(now, stateOf(card))
  }

  /** One for each device that the scenario names, then one for each pool with dedicated devices. */
  spaces(): SpaceSummary[] {
    const summaries = this.#cards.map((card) =>
      card?.recorder.summary({ residency: card.plan.residency !== null }),
    )
    const shared = summaries.filter((summary) => summary?.shared === true)
    const dedicated = this.#plan.pools.map(({ memory }) =>
      (memory?.devices ?? []).flatMap((number) => {
        const summary = summaries[number]
        return summary === undefined || summary.shared ? [] : [summary]
      }),
    )
    return [
      ...shared,
      ...dedicated.filter(({ length }) => length > 0).map(fullestSpace),
    ] as SpaceSummary[]
  }

  #replica(executor: number): Replica {
    const replica = this.#replicas[executor]
    if (replica === undefined) throw new Error(`Expected executor ${executor} to have memory`)
    return replica
  }
}

function cardOf({ scenario, plan: { devices, pools } }: MemoryParts, number: number): Card {
  const plan = devices[number]!
  const shared = number < scenario.devices.length
  const users = pools.filter(({ memory }) => memory?.devices.includes(number))
  const weightsBytes = users.reduce((sum, { memory }) => {
    const { devices: deviceOfReplica, weightsBytes: each } = memory!
    return sum + each * deviceOfReplica.filter((device) => device === number).length
  }, 0)
  const head = {
    name: shared ? plan.name : users[0]!.name,
    shared,
    pools: users.map(({ name }) => name),
    allocators: users.map(({ index }) => scenario.pools[index]!.memory!.allocator),
    limitBytes: plan.limitBytes,
    weightsBytes,
  }
  return {
    plan,
    device: new Device(plan.limitBytes),
    shared,
    replicas: [],
    recorder: new SpaceRecorder(head, 1000 * scenario.duration_s),
    addresses: new AddressSpace(),
    link: linkOf(plan),
  }
}

function linkOf({ residency }: DevicePlan): WeightLink | null {
  if (residency === null) return null
  const { gibPerS, setUpMs } = residency
  return gibPerS === null ? null : new WeightLink({ gibPerS, setUpMs })
}

function loadAtStart({ pool, memory, card }: Replica): void {
  const { freeBytes } = card.device
  if (memory.load() === 0) return
  const needed = `${memory.weightsBytes} bytes on ${card.plan.name}`
  throw new Error(`The weights of ${pool} need ${needed}, which has ${freeBytes} bytes free`)
}

function countFailure({ counts }: SpaceRecorder, failed: number): void {
  if (failed === OUT_OF_MEMORY.shortage) counts.shortage++
  else if (failed === OUT_OF_MEMORY.fragmentation) counts.fragmentation++
  else counts.oversize++
}

function stateOf({ device, replicas }: Card): SpaceState {
  let requested = 0
  let inUse = 0
  let free = 0
  let largest = 0
  let pinnedFree = 0
  let weights = 0
  for (const { memory } of replicas) {
    const { state } = memory
    requested += state.requestedBytes
    inUse += state.inUseBytes
    free += state.heldBytes - state.inUseBytes
    largest = Math.max(largest, state.largestFreeBytes)
    pinnedFree += state.pinnedFreeBytes
    if (memory.resident) weights += memory.weightsBytes
  }
  return {
    requested,
    inUse,
    held: device.takenBytes,
    largestFree: Math.max(largest, device.freeBytes),
    external: free > 0 ? 1 - largest / free : 0,
    pinnedFree,
    weights,
  }
}

function mapOf({ shared, replicas, addresses }: Card) {
  return addresses.layOut(
    replicas.flatMap(({ pool, memory }, replica) =>
      (memory.layout ?? memory.chunks()).map((chunk) => ({
        ...chunk,
        replica,
        owner: shared && chunk.owner !== 'free' ? `${pool}: ${chunk.owner}` : chunk.owner,
      })),
    ),
  )
}
