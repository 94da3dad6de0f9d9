import type { GraphValue, OnnxGraph } from '../models/index.ts'

/** A state: an input that an output of the same type and shape continues. */
export interface PassedState {
  readonly input: string
  readonly output: string
}

/** Names of states; zeros begin a sequence. */
const STATE = /^(h|c|h0|c0|hn|cn)$|state|hidden|cell|past|cache_|mems/i

export const isState = (name: string): boolean => STATE.test(name)

/** The states that a model passes on from one run to the next, in the order of its inputs. */
export function statesOf({
  inputs,
  outputs,
}: Pick<OnnxGraph, 'inputs' | 'outputs'>): PassedState[] {
  const left = [...outputs]
  return inputs.flatMap((input) => {
    const at = isState(input.name) ? left.findIndex((output) => fits(input, output)) : -1
    return at < 0 ? [] : [{ input: input.name, output: left.splice(at, 1)[0]!.name }]
  })
}

/** Sizes that a graph leaves free fit any. */
function fits(input: GraphValue, output: GraphValue): boolean {
  if (input.type !== output.type || input.shape?.length !== output.shape?.length) return false
  return (input.shape ?? []).every((size, axis) => {
    const other = output.shape![axis]
    return typeof size !== 'number' || typeof other !== 'number' || size === other
  })
}
