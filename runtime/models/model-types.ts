import type { ModelInput } from '../../scenarios/index.ts'
import type { Decoder } from './decoder-inputs.ts'

/** A size, or a free dimension: requests of a batch, or their length. */
type Dimension = 'batch' | 'length' | number

/** One input of a model and what it is fed with. */
export interface InputSpec extends Readonly<Omit<ModelInput, 'shape'>> {
  readonly name: string
  readonly shape: readonly Dimension[]
}

/** Sizes of the part of a tensor that belongs to one request, without the axis of the batch. */
export function requestDims(shape: InputSpec['shape'], length: number): number[] {
  return shape.flatMap((size) => (size === 'batch' ? [] : size === 'length' ? length : size))
}

/** A model ready to open, wherever it came from. Plain data: it travels between threads. */
export interface ModelFile {
  readonly path: string
  /** first 16 hex digits of the SHA-256 of the file */
  readonly key: string
  /** what profiles name it by, see `contentOf` */
  readonly content: string
  readonly inputs: readonly InputSpec[]
  readonly bytes: number
  /** of a model that generates */
  readonly decoder?: Decoder
}

export interface ModelPlaces {
  /** where relative paths and packages are looked up: the scenario's directory */
  readonly directory: string
  /** where built-in models are kept between runs */
  readonly cacheDirectory: string
  /** ends the building of a model */
  readonly signal?: AbortSignal | undefined
}
