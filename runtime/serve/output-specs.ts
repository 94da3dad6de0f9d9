import { Failure } from '../../scenarios/index.ts'
import { tensorTypeOf } from './oip-types.ts'
import type { TensorSpec } from './served-model.ts'

/** Outputs of a batch that was run for their shapes. */
export interface OutputProbe {
  readonly length: number
  readonly outputs: readonly OutputShape[]
}

interface OutputShape {
  readonly name: string
  readonly type: string
  readonly dims: readonly number[]
}

/** Batches of one and of two requests of a length, and of one of another length or null. */
export interface OutputProbes {
  readonly one: OutputProbe
  readonly two: OutputProbe
  readonly other: OutputProbe | null
}

/**
 * The outputs of a model, by what changes in their shapes with the batch and with the length.
 * Throws `Failure` for one of which a request has no part of its own. `path`: of the model.
 */
export function outputSpecs(path: string, { one, two, other }: OutputProbes): TensorSpec[] {
  return one.outputs.map(({ name, type, dims }, i) => {
    const refuse = (text: string) => new Failure(`${path}: output ${name}: ${text}`)
    const element = tensorTypeOf(type)
    if (element === null) throw refuse(`has elements of type ${type}, which serve does not answer`)
    const ofTwo = two.outputs[i]!.dims
    if (dims[0] !== 1 || ofTwo[0] !== 2 || ofTwo.length !== dims.length) {
      const shapes = `[${dims.join(', ')}] for one request and [${ofTwo.join(', ')}] for two`
      throw refuse(`expected the batch as its first axis, got ${shapes}`)
    }
    const others = other === null ? dims : other.outputs[i]!.dims
    const shape = dims.map((size, axis) => {
      if (axis === 0) return 'batch'
      const longer = others[axis]
      if (ofTwo[axis] === size && longer === size && others.length === dims.length) return size
      if (ofTwo[axis] === size && size === one.length && longer === other?.length) return 'length'
      const sizes = [size, ofTwo[axis], longer].join(', ')
      throw refuse(`expected axis ${axis} to be fixed or as long as a request, got ${sizes}`)
    })
    return { name, type: element, shape }
  })
}
