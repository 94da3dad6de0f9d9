import { type ActivationPlan, bytesOf, weightsBytesOf } from './activation-plan.ts'
import { type Allocator, type MemoryStatistics, OUT_OF_MEMORY } from './allocator.ts'
import { BfcArena } from './bfc.ts'
import type { Device } from './device.ts'
import { type BlockPlan, BlockPlanner, hasPlace, patternKey } from './memory-pattern.ts'

const NONE = -1
/** replaces the handle of a buffer in the block of the pattern */
const PLACED = -2

/** The allocation strategy of a replica. */
export interface ReplicaPlan {
  readonly activations: ActivationPlan
  readonly pattern: boolean
  /** bytes that its allocator reserves from the device at the start; 0 for none */
  readonly arenaBytes: number
  readonly allocator: (device: Device) => Allocator
}

/** A chunk, or a region that is not cut, and its content. */
export interface OwnedChunk {
  /** number of its region, and the offset in it, bytes */
  readonly region: number
  readonly offset: number
  readonly bytes: number
  /** `weights`, `input`, `output`, `batch 8 x 64`, `pattern 8 x 64` or `free` */
  readonly owner: string
}

/** Bytes, including weights. */
export type ReplicaState = Pick<
  MemoryStatistics,
  'requestedBytes' | 'inUseBytes' | 'heldBytes' | 'largestFreeBytes' | 'pinnedFreeBytes'
>

const ABSENT: ReplicaState = Object.freeze({
  requestedBytes: 0,
  inUseBytes: 0,
  heldBytes: 0,
  largestFreeBytes: 0,
  pinnedFreeBytes: 0,
})

/** The memory of one replica: its allocator, filled as its model requests. */
export class ReplicaMemory {
  /** The current state. During and after a run: at the peak of that run, or when it failed. */
  state: ReplicaState = ABSENT
  /** regions that the last run reserved from the device, bytes, in order */
  readonly extensions: number[] = []
  readonly weightsBytes: number
  /** chunks at the time of `state`; null where the run was not `mapped` */
  layout: readonly OwnedChunk[] | null = null
  readonly #device: Device
  readonly #plan: ReplicaPlan
  readonly #buffers: number
  readonly #plans = new Map<number, BlockPlan>()
  readonly #weights = new Set<number>()
  /** of each buffer of the batch, by number */
  readonly #handles: Int32Array
  readonly #kinds: readonly string[]
  /** null where no model is loaded */
  #allocator: Allocator | null = null
  /** weights outside the allocator, bytes */
  #apart = 0
  #block = NONE
  #blockPlan: BlockPlan | null = null
  #running = false
  #size = 0
  #length = 0

  constructor(device: Device, plan: ReplicaPlan) {
    this.#device = device
    this.#plan = plan
    this.weightsBytes = weightsBytesOf(plan.activations)
    this.#kinds = plan.activations.steps.flatMap((step) => ('free' in step ? [] : [step.kind]))
    this.#buffers = this.#kinds.length
    this.#handles = new Int32Array(this.#buffers).fill(NONE)
  }

  get resident(): boolean {
    return this.#allocator !== null
  }

  /** Whether a batch is running, and its chunks are in use. */
  get running(): boolean {
    return this.#running
  }

  /** Allocates weights and arena; all or nothing. Returns 0, or one of `OUT_OF_MEMORY`. */
  load(): number {
    if (this.#device.freeBytes < this.weightsBytes + this.#plan.arenaBytes) {
      return OUT_OF_MEMORY.shortage
    }
    const allocator = this.#plan.allocator(this.#device)
    this.#allocator = allocator
    if (allocator instanceof BfcArena) {
      const { weights, apartBytes = 0 } = this.#plan.activations
      for (const bytes of weights) this.#weights.add(allocator.reserve(bytes))
      this.#apart = apartBytes
    } else {
      this.#apart = this.weightsBytes
    }
    this.#device.take(this.#apart)
    this.#look()
    return 0
  }

  /** Releases everything, as at the end of a session. Plans of the pattern end with it. */
  unload(): void {
    const held = this.#resident().statistics().heldBytes
    this.#device.give(held + this.#apart)
    this.#allocator = null
    this.#apart = 0
    this.#weights.clear()
    this.#plans.clear()
    this.#look()
  }

  /** Releases everything in the midst of a batch, as at the end of its process. */
  lose(): void {
    if (this.#allocator === null) return
    this.#clear(this.#allocator)
    this.#running = false
    this.unload()
  }

  /**
   * Returns unused regions of the arena, unless a batch runs: its unused regions are unknown.
   * Returns the bytes.
   */
  shrink(): number {
    if (this.#running || this.#allocator === null) return 0
    const bytes = this.#allocator.shrink()
    this.#look()
    return bytes
  }

  /**
   * Allocates and frees all buffers of a batch in order. Its inputs and outputs stay until `end`.
   * Returns 0. At the first chunk that cannot be allocated it frees the batch, and returns one of
   * `OUT_OF_MEMORY`.
   */
  run(size: number, length: number, mapped = false): number {
    const allocator = this.#resident()
    const { activations, pattern } = this.#plan
    this.extensions.length = 0
    this.#look()
    this.#running = true
    this.#size = size
    this.#length = length
    const key = pattern ? patternKey(activations.inputs, size, length) : 0
    const plan = pattern ? this.#plans.get(key) : undefined
    const planner = pattern && plan === undefined ? new BlockPlanner() : null
    this.#blockPlan = plan ?? null
    let begun = false
    let buffer = 0
    for (const step of activations.steps) {
      if ('free' in step) {
        this.#free(allocator, step.free)
        planner?.free(step.free)
        continue
      }
      const bytes = bytesOf(step.take, size, length)
      if (!begun && step.kind !== 'input') {
        begun = true
        this.#takeBlock(allocator, mapped)
      }
      const failed = this.#take(allocator, buffer, bytes)
      if (failed < 0) {
        this.#peak(allocator, mapped)
        this.#clear(allocator)
        return failed
      }
      if (step.kind === 'activation' && bytes > 0) planner?.take(buffer, bytes)
      this.#peak(allocator, mapped)
      buffer++
    }
    for (let i = 0; i < this.#buffers; i++) {
      if (this.#kinds[i] === 'activation') this.#free(allocator, i)
    }
    this.#freeBlock(allocator)
    if (planner !== null) this.#plans.set(key, planner.plan(size, length))
    return 0
  }

  end(): void {
    this.#clear(this.#resident())
    this.#running = false
    this.#look()
  }

  /** Chunks by address, with their content. */
  chunks(): readonly OwnedChunk[] {
    if (this.#allocator === null) return []
    const owners = new Map<number, string>()
    const shape = (size: number, length: number) => `${size} x ${Math.round(length)}`
    for (const handle of this.#weights) owners.set(handle, 'weights')
    for (const [i, handle] of this.#handles.entries()) {
      const kind = this.#kinds[i]!
      const owner = kind === 'activation' ? `batch ${shape(this.#size, this.#length)}` : kind
      if (handle >= 0) owners.set(handle, owner)
    }
    const { size, length } = this.#blockPlan ?? { size: 0, length: 0 }
    if (this.#block >= 0) owners.set(this.#block, `pattern ${shape(size, length)}`)
    const weights = { region: NONE, offset: 0, bytes: this.#apart, owner: 'weights' }
    return [
      ...(this.#apart > 0 ? [weights] : []),
      ...Array.from(this.#allocator.chunks(), ({ region, address, bytes, handle }) => ({
        region,
        offset: address - region,
        bytes,
        owner: handle < 0 ? 'free' : owners.get(handle)!,
      })),
    ]
  }

  #resident(): Allocator {
    if (this.#allocator === null) throw new Error('Expected a model that is resident')
    return this.#allocator
  }

  #allocate(allocator: Allocator, bytes: number): number {
    const { takes } = this.#device
    const handle = allocator.allocate(bytes)
    if (this.#device.takes > takes) this.extensions.push(this.#device.lastTakenBytes)
    return handle
  }

  /** A handle, or an outcome below 0. */
  #take(allocator: Allocator, buffer: number, bytes: number): number {
    if (bytes === 0) return 0
    const placed =
      this.#block >= 0 &&
      this.#kinds[buffer] === 'activation' &&
      hasPlace(this.#blockPlan!, buffer, bytes)
    const handle = placed ? PLACED : this.#allocate(allocator, bytes)
    if (!placed && handle < 0) return handle
    this.#handles[buffer] = handle
    return 0
  }

  #free(allocator: Allocator, buffer: number): void {
    const handle = this.#handles[buffer]!
    if (handle >= 0) allocator.free(handle)
    this.#handles[buffer] = NONE
  }

  /** Where no chunk fits the block, its buffers are allocated from the arena one by one. */
  #takeBlock(allocator: Allocator, mapped: boolean): void {
    const bytes = this.#blockPlan?.bytes ?? 0
    if (bytes === 0) return
    this.#block = this.#allocate(allocator, bytes)
    if (this.#block >= 0) this.#peak(allocator, mapped)
  }

  #freeBlock(allocator: Allocator): void {
    if (this.#block >= 0) allocator.free(this.#block)
    this.#block = NONE
  }

  #clear(allocator: Allocator): void {
    for (let i = 0; i < this.#buffers; i++) this.#free(allocator, i)
    this.#freeBlock(allocator)
  }

  /** Updates the peak of this run. */
  #peak(allocator: Allocator, mapped: boolean): void {
    const statistics = allocator.statistics()
    if (statistics.inUseBytes + this.#apart < this.state.inUseBytes) return
    this.state = this.#with(statistics)
    if (mapped) this.layout = this.chunks()
  }

  #look(): void {
    this.layout = null
    this.state = this.#allocator === null ? ABSENT : this.#with(this.#allocator.statistics())
  }

  #with(statistics: MemoryStatistics): ReplicaState {
    if (this.#apart === 0) return statistics
    const { requestedBytes, inUseBytes, heldBytes } = statistics
    return {
      ...statistics,
      requestedBytes: requestedBytes + this.#apart,
      inUseBytes: inUseBytes + this.#apart,
      heldBytes: heldBytes + this.#apart,
    }
  }
}
