import type { InputSpec } from '../models/index.ts'

/** A tensor of a model, by its name, its type and its shape. */
export type TensorSpec = Pick<InputSpec, 'name' | 'type' | 'shape'>

export interface ServedClass {
  readonly name: string
  /** its number in the scenario */
  readonly number: number
}

/** A model as its clients see it. */
export interface ServedModel {
  readonly name: string
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** of a request, in the free dimension */
  readonly maxLength: number
  /** of its requests; the first is that of requests that name none */
  readonly classes: readonly ServedClass[]
}

/** A model that generates, as its clients see it. */
export interface ServedDecoder extends Pick<ServedModel, 'name' | 'classes'> {
  readonly vocabulary: number
  /** the most tokens of a prompt with its answer */
  readonly context: number
}

/** The version of every model: a scenario has one of each. */
export const MODEL_VERSION = '1'

/** The sizes of a tensor of one request as clients send and get it. */
export function clientDims(shape: TensorSpec['shape'], length: number): number[] {
  return shape.map((size) => (size === 'batch' ? 1 : size === 'length' ? length : size))
}
