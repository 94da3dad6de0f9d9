import type { Dimension } from './graph.ts'

export type TensorType = 'float32' | 'float16' | 'int64' | 'int32'

/** One input of a model and what it is fed with. */
export interface InputSpec {
  readonly name: string
  readonly type: TensorType
  readonly shape: readonly Dimension[]
  /** `ones` is 1 within a request and 0 in its padding, so it serves as attention mask */
  readonly fill: 'normal' | 'tokens' | 'ones'
  /** upper limit of `tokens`, which lie in [1, vocabulary) */
  readonly vocabulary: number
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
}

export interface ModelPlaces {
  /** where relative paths and packages are looked up: the scenario's directory */
  readonly directory: string
  /** where built-in models are kept between runs */
  readonly cacheDirectory: string
  /** ends the building of a model */
  readonly signal?: AbortSignal
}
