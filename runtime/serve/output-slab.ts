import type { Tensor } from 'onnxruntime-node'
import { Failure } from '../../scenarios/index.ts'
import { bytesOf, requestDims } from '../models/index.ts'
import { copyBox } from './copy-box.ts'
import type { TensorSpec } from './served-model.ts'

/** What an executor has left for a request; `writtenApart`: its batch was run member by member. */
export const OUTPUT_STATE = { none: 0, written: 1, rejected: 2, unfit: 3, writtenApart: 4 } as const
export type OutputState = (typeof OUTPUT_STATE)[keyof typeof OUTPUT_STATE]

/** Outputs of an executor in memory that threads share. It can be sent to another thread. */
export interface OutputMemory {
  readonly specs: readonly TensorSpec[]
  readonly slots: number
  /** of a request; a longer one, of a warm-up, is cut */
  readonly maxLength: number
  /** whole numbers by slot: an OUTPUT_STATE */
  readonly states: SharedArrayBuffer
  /** of each output, by slot */
  readonly regions: readonly SharedArrayBuffer[]
}

interface OutputSizes {
  readonly slots: number
  /** the longest request */
  readonly maxLength: number
  /** of the model, for errors */
  readonly path: string
}

/** Limit of one region; the system gives memory to slots that are used. */
const MOST_REGION_BYTES = 2 ** 32

/** Throws `Failure` where an output is too large. */
export function outputMemory(
  specs: readonly TensorSpec[],
  { slots, maxLength, path }: OutputSizes,
): OutputMemory {
  const regions = specs.map(({ name, type, shape }) => {
    const bytes = bytesOf(type) * elementsOf(requestDims(shape, maxLength))
    if (slots * bytes > MOST_REGION_BYTES) {
      const most = 2 ** Math.floor(Math.log2(MOST_REGION_BYTES / bytes))
      const text = `takes ${bytes} bytes for a request, so ${slots} at once are too many`
      throw new Failure(`${path}: output ${name}: ${text}; use --max-requests ${most} at most`)
    }
    return new SharedArrayBuffer(slots * bytes)
  })
  return { specs, slots, maxLength, states: new SharedArrayBuffer(4 * slots), regions }
}

const elementsOf = (dims: readonly number[]) => dims.reduce((product, size) => product * size, 1)

/** A batch that was run: its members by their keys, each at its own length. */
export interface RunBatch {
  readonly size: number
  /** padded */
  readonly length: number
  readonly lengths: Int32Array
  readonly keys: Uint32Array
}

/** Outputs of requests, without padding. A slot is written by its executor and read after that. */
export class OutputSlab {
  readonly memory: OutputMemory
  readonly #states: Int32Array
  readonly #regions: readonly Uint8Array[]

  constructor(memory: OutputMemory) {
    this.memory = memory
    this.#states = new Int32Array(memory.states)
    this.#regions = memory.regions.map((region) => new Uint8Array(region))
  }

  /** Writes the part of each member. `results` has all outputs of the batch. */
  write(batch: RunBatch, results: Readonly<Record<string, Tensor>>): void {
    const fits = this.memory.specs.every((spec, i) => this.#write(i, batch, results[spec.name]))
    this.#mark(batch, fits ? OUTPUT_STATE.written : OUTPUT_STATE.unfit)
  }

  /** The model cannot run the inputs of these requests. */
  reject(batch: Pick<RunBatch, 'size' | 'keys'>): void {
    this.#mark(batch, OUTPUT_STATE.rejected)
  }

  /** These requests were run one by one, as their batch could not be run. */
  markApart({ size, keys }: Pick<RunBatch, 'size' | 'keys'>): void {
    for (let i = 0; i < size; i++) {
      const slot = keys[i]! % this.memory.slots
      if (this.#states[slot] === OUTPUT_STATE.written) {
        this.#states[slot] = OUTPUT_STATE.writtenApart
      }
    }
  }

  #mark({ size, keys }: Pick<RunBatch, 'size' | 'keys'>, state: OutputState): void {
    for (let i = 0; i < size; i++) this.#states[keys[i]! % this.memory.slots] = state
  }

  /** False where an output has another shape than the model had when it was opened. */
  #write(output: number, batch: RunBatch, tensor: Tensor | undefined): boolean {
    const { type, shape } = this.memory.specs[output]!
    const expected = [batch.size, ...requestDims(shape, batch.length)]
    if (tensor === undefined || tensor.dims.length !== expected.length) return false
    if (tensor.dims.some((size, axis) => size !== expected[axis])) return false
    const { data } = tensor
    if (!ArrayBuffer.isView(data)) return false
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const width = bytesOf(type)
    const dims = expected.slice(1)
    const step = width * elementsOf(dims)
    for (let i = 0; i < batch.size; i++) {
      const own = requestDims(shape, Math.min(batch.lengths[i]!, this.memory.maxLength))
      const at = (batch.keys[i]! % this.memory.slots) * this.#placeBytes(output)
      const to = { bytes: this.#regions[output]!, at, dims: own }
      copyBox({ bytes, at: i * step, dims }, to, { box: own, width })
    }
    return true
  }

  #placeBytes(output: number): number {
    return this.#regions[output]!.length / this.memory.slots
  }

  /** The state of a slot, which has none from now on: another request will use it. */
  take(slot: number): OutputState {
    const state = this.#states[slot] as OutputState
    this.#states[slot] = OUTPUT_STATE.none
    return state
  }

  /** A copy of the outputs of a request. */
  read(slot: number, length: number): Uint8Array[] {
    return this.memory.specs.map(({ type, shape }, i) => {
      const at = slot * this.#placeBytes(i)
      const size = bytesOf(type) * elementsOf(requestDims(shape, length))
      return this.#regions[i]!.slice(at, at + size)
    })
  }
}
