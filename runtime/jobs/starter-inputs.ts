import { type TensorType, tensorTypes } from '../../scenarios/index.ts'
import type { GraphInput, GraphValue, OnnxGraph } from '../models/index.ts'

/** An input as a scenario has it, in the text of a flow map, and what its user must choose. */
export interface StarterInput {
  readonly name: string
  readonly text: string
  readonly choose: string | null
  readonly shape: Sizes
  /** the number that fills it; null for other fills */
  readonly value: number | null
}

export type Sizes = readonly (number | 'batch' | 'length')[]

export interface StarterInputs {
  readonly inputs: readonly StarterInput[]
  readonly batched: boolean
  /** of a request, for which the lengths of traffic must be chosen; null without one */
  readonly length: 'tokens' | 'samples' | 'chunk' | 'frames' | null
  /** whether requests of one stream pass on a state */
  readonly stateful: boolean
}

/** Every input of a graph filled in: free dimensions get a meaning or an example size. */
export function starterInputs(graph: Pick<OnnxGraph, 'inputs' | 'outputs'>): StarterInputs {
  const { inputs } = graph
  const meaning = meaningOf(inputs)
  const shaped = inputs.map((input) => ({ input, shape: shapeOf(input, meaning) }))
  const batched = shaped.some(({ shape }) => shape.includes('batch'))
  const stateful = statesOf(graph).length > 0
  const first = shaped.find(({ shape }) => shape.includes('length'))
  return {
    batched,
    stateful,
    length: first === undefined ? null : lengthOf(first.input, stateful),
    inputs: shaped.map(({ input, shape }) => ({
      name: input.name,
      ...filled(input, shape, batched),
    })),
  }
}

const MASK = /mask/i
const SEGMENTS = /token_type|segment|position/i
const RATE = /^sr$|sample.?rate/i
const BATCH = /batch|^(n|b|bs)$/i

/** What the free dimensions mean, by their keys; one without a name by its place. */
function meaningOf(inputs: readonly GraphInput[]): ReadonlyMap<string, 'batch' | 'length'> {
  const keys = inputs.map(freeKeys)
  const all = keys.flat()
  const named = all.find((key) => BATCH.test(key))
  const batch = new Set(named === undefined ? [] : [named])
  const hasBatch = (free: readonly string[]) => free.some((key) => batch.has(key))
  for (const free of keys) {
    // the first free one, unless it stands beside a batch in another input
    const [first] = free
    if (first === undefined || hasBatch(free)) continue
    if (!keys.some((input) => input.includes(first) && hasBatch(input))) batch.add(first)
  }
  const rest = [...new Set(all)].filter((key) => !batch.has(key))
  const shared = rest.find((key) => keys.filter((free) => free.includes(key)).length > 1)
  const length = shared ?? (rest.length === 1 ? rest[0] : undefined)
  return new Map([
    ...[...batch].map((key) => [key, 'batch'] as const),
    ...(length === undefined ? [] : [[length, 'length'] as const]),
  ])
}

/** Free dimensions in order; those without a name by their rank among the free ones. */
function freeKeys({ shape }: GraphValue): string[] {
  return (shape ?? [])
    .filter((size) => typeof size !== 'number')
    .map((size, i) => size ?? `free dimension ${i + 1}`)
}

function shapeOf(input: GraphInput, meaning: ReadonlyMap<string, 'batch' | 'length'>): Sizes {
  const keys = freeKeys(input)
  return (input.shape ?? []).map((size) => {
    if (typeof size === 'number') return size
    return meaning.get(keys.shift()!) ?? EXAMPLE_SIZES[input.shape!.length] ?? 16
  })
}

/** For a free dimension that is neither batch nor length, by the rank of the input. */
const EXAMPLE_SIZES: Readonly<Record<number, number>> = { 3: 128, 4: 224, 5: 64 }

function lengthOf({ type, shape }: GraphInput, stateful: boolean): StarterInputs['length'] {
  const floats = type?.startsWith('float') === true
  if (!floats) return 'tokens'
  if (shape?.length !== 2) return 'frames'
  return stateful ? 'chunk' : 'samples'
}

function filled(input: GraphInput, shape: Sizes, batched: boolean): Omit<StarterInput, 'name'> {
  const type = input.type as TensorType
  const { fill, choose } = contentOf(input, shape, batched)
  const sizes = `shape: [${shape.join(', ')}], type: ${type}`
  const examples = freeKeys(input).length - shape.filter((size) => typeof size === 'string').length
  const notes = [
    ...(input.shape === null ? ['the graph states no shape'] : []),
    ...(examples > 0 ? [`the graph leaves ${examples} of these sizes free`] : []),
    ...(choose === null ? [] : [choose]),
  ]
  const number = /^value: (.+)$/.exec(fill)?.[1]
  return {
    shape,
    value: number === undefined ? null : Number(JSON.parse(number)),
    text: fill === '' ? `{ ${sizes} }` : `{ ${sizes}, ${fill} }`,
    choose: notes.length === 0 ? null : notes.join('; '),
  }
}

/** The keys that state an input's values, and what is to be chosen among them. */
function contentOf(
  { name, type, shape, rows }: GraphInput,
  sizes: Sizes,
  batched: boolean,
): { fill: string; choose: string | null } {
  const free = sizes.some((size) => typeof size === 'string')
  const whole = type !== null && !type.startsWith('float')
  if (isState(name) && !whole) {
    return { fill: 'value: 0', choose: null }
  }
  if (shape?.length === 0 || (batched && !free)) return constantOf(name, type)
  if (MASK.test(name)) return { fill: 'fill: ones', choose: null }
  if (!whole) return { fill: '', choose: 'drawn values, or file: samples.npy' }
  if (SEGMENTS.test(name)) return { fill: 'value: 0', choose: null }
  if (type === 'bool') return { fill: '', choose: 'drawn values, or file: samples.npy' }
  const most = Math.min((tensorTypes[type as TensorType]?.most ?? 0) + 1, MOST_TOKENS)
  if (rows !== null && rows > 1 && rows <= most) {
    return { fill: `fill: tokens, vocabulary: ${rows}`, choose: null }
  }
  const vocabulary = Math.min(most, 1000)
  const choose = vocabulary === 1000 ? 'the vocabulary, or file: samples.npy' : null
  return { fill: `fill: tokens, vocabulary: ${vocabulary}`, choose }
}

/** No vocabulary is larger. */
const MOST_TOKENS = 1e9

function constantOf(name: string, type: string | null): { fill: string; choose: string } {
  const choose = 'the value that the model expects'
  const range = tensorTypes[type as TensorType]
  if (RATE.test(name) && (range === null || range.most >= 16_000)) {
    return { fill: 'value: 16000', choose }
  }
  return { fill: `value: ${type === 'bool' ? 'false' : 1}`, choose }
}

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
    const outputSize = output.shape![axis]
    return typeof size !== 'number' || typeof outputSize !== 'number' || size === outputSize
  })
}
