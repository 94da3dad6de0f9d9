import type { OnnxDecoder } from '../../scenarios/index.ts'
import {
  cacheNames,
  type Decoder,
  type FileLayout,
  type PastLayout,
  tokenBytes,
} from './decoder-inputs.ts'
import type { GraphInput, GraphValue, OnnxGraph } from './onnx-graph.ts'

/** What a file that looks like a decoder states of it. */
export interface FoundDecoder {
  readonly kind: FileLayout['kind']
  /** null where there is a problem */
  readonly layout: FileLayout | null
  /** token indices; null where the file does not state their number */
  readonly vocabulary: number | null
  /** rows of the table in which positions are looked up; null for none */
  readonly positions: number | null
  /** what is missing, or not understood */
  readonly problems: readonly string[]
}

type Graph = Pick<OnnxGraph, 'inputs' | 'outputs'>

/** A value as a layout has it: a fixed size, or the name of a free one. */
interface Expected {
  readonly name: string
  readonly types: readonly string[]
  readonly shape: readonly (number | string)[]
}

const PAST = /^past_key_values\.(\d+)\.(?:key|value)$/
const POOL = /^key(\d+)$/

/** Keys and values of a token beyond which no decoder is meant, bytes. */
const MOST_TOKEN_BYTES = 2 ** 26
/** More problems than this say nothing new. */
const MOST_PROBLEMS = 12

/** Looks for a decoder by the names of inputs; null where none is of a decoder. */
export function findDecoder(graph: Graph): FoundDecoder | null {
  const names = graph.inputs.map(({ name }) => name)
  if (names.some((name) => name.startsWith('past_key_values'))) return pastDecoder(graph)
  if (names.includes('ids') && names.some((name) => POOL.test(name))) return poolDecoder(graph)
  return null
}

/** The decoder of a graph with what a scenario states of it, or all that is wrong with that. */
export function statedDecoder(
  graph: Graph,
  { context, vocabulary: stated }: Pick<OnnxDecoder, 'context' | 'vocabulary'>,
): Decoder | readonly string[] {
  const found = findDecoder(graph)
  if (found === null) {
    const names = graph.inputs.map(({ name }) => name).join(', ')
    const text = 'expected a decoder with the inputs input_ids and past_key_values.N.key and .value'
    return [`${text}, or with those of \`models build transformer-decoder\`, got ${names}`]
  }
  const { layout, vocabulary, positions } = found
  const problems = [...found.problems]
  if (vocabulary === null && stated === undefined && problems.length === 0) {
    problems.push('vocabulary: add it to the model, as the file does not state it')
  } else if (vocabulary !== null && (stated ?? vocabulary) !== vocabulary) {
    problems.push(`vocabulary: remove it: the file has ${vocabulary}, got ${stated}`)
  }
  if (positions !== null && context > positions) {
    const text = `at most ${positions}, for which the file has positions`
    problems.push(`context: expected ${text}, got ${context}`)
  }
  const size = vocabulary ?? stated
  if (problems.length > 0 || layout === null || size === undefined) return problems
  return { layout, vocabulary: size, context }
}

/** `past_key_values` and `present`, as Optimum exports a decoder and transformers.js runs it. */
function pastDecoder(graph: Graph): FoundDecoder {
  const { inputs, outputs } = graph
  const caches = inputs.filter(({ name }) => PAST.test(name))
  const layers = new Set(caches.map(({ name }) => Number(PAST.exec(name)![1]))).size
  const { type = null, shape = null } = caches[0] ?? {}
  const [, kvHeads = null, , headSize = null] = shape ?? []
  const optional = (['attention_mask', 'position_ids'] as const).filter((name) =>
    inputs.some((input) => input.name === name),
  )
  const of = (name: string, types: readonly string[], ...shape: Expected['shape']): Expected => {
    return { name, types, shape }
  }
  const sizes = [kvHeads, headSize].map((size, i) =>
    typeof size === 'number' ? size : ['kv heads', 'head size'][i]!,
  )
  const floats = ['float32', 'float16']
  const cacheTypes = floats.includes(type ?? '') ? [type!] : floats
  const ofLayers = (prefix: string, tokens: string) =>
    Array.from({ length: layers }, (_, layer) =>
      ['key', 'value'].map((part) =>
        of(`${prefix}.${layer}.${part}`, cacheTypes, 'batch', sizes[0]!, tokens, sizes[1]!),
      ),
    ).flat()
  const tokens = { attention_mask: 'past + tokens', position_ids: 'tokens' }
  const problems = [
    ...differences('input', inputs, [
      of('input_ids', ['int64'], 'batch', 'tokens'),
      ...optional.map((name) => of(name, ['int64'], 'batch', tokens[name])),
      ...ofLayers('past_key_values', 'past'),
    ]),
    ...inputs.filter(({ name }) => isOther(name)).map(({ name }) => otherInput(name)),
    ...differences('output', outputs, [
      of('logits', floats, 'batch', 'tokens', 'vocabulary'),
      ...ofLayers('present', 'past + tokens'),
    ]),
  ]
  const free = caches.length > 0 && (typeof kvHeads !== 'number' || typeof headSize !== 'number')
  if (free) {
    const text = 'expected fixed numbers of heads and of values of a head (second and last size)'
    problems.push(`input ${caches[0]!.name}: ${text}, got ${shapeText(shape)}`)
  }
  const rows = rowsOf(inputs, 'input_ids')
  const scores = outputs.find(({ name }) => name === 'logits')?.shape?.[2] ?? null
  const vocabulary = typeof scores === 'number' ? scores : rows
  if (rows !== null && vocabulary !== null && vocabulary > rows) {
    const text = `has ${vocabulary} scores, but input_ids has a table of ${rows} rows`
    problems.push(`output logits: ${text}`)
  }
  const layout: PastLayout = {
    ...{ kind: 'past', layers, kvHeads: Number(kvHeads), headSize: Number(headSize) },
    ...{ type: type as PastLayout['type'], optional },
  }
  return foundDecoder(layout, problems, {
    vocabulary,
    positions: rowsOf(inputs, 'position_ids'),
  })
}

/** The inputs of `buildDecoder`. */
function poolDecoder({ inputs, outputs }: Graph): FoundDecoder {
  const caches = inputs.filter(({ name }) => POOL.test(name))
  const layers = new Set(caches.map(({ name }) => Number(POOL.exec(name)![1]))).size
  const size = caches[0]!.shape?.[1]
  const width = typeof size === 'number' ? size : null
  const expected: Expected[] = [
    { name: 'ids', types: ['int32'], shape: ['tokens'] },
    { name: 'positions', types: ['int32'], shape: ['tokens'] },
    { name: 'parts', types: ['int64'], shape: [2] },
    { name: 'decode_index', types: ['int32'], shape: ['decodes', 'longest'] },
    { name: 'decode_past', types: ['int64'], shape: ['decodes'] },
    { name: 'decode_length', types: ['int64'], shape: ['decodes'] },
    { name: 'prompt_index', types: ['int32'], shape: ['prompt past'] },
    { name: 'prompt_mask', types: ['bool'], shape: ['prompt tokens', 'prompt past + tokens'] },
    { name: 'answers', types: ['int32'], shape: ['answers'] },
    ...Array.from({ length: layers }, (_, layer) =>
      Object.values(cacheNames(layer)).map((name): Expected => {
        return { name, types: ['float32'], shape: ['rows', width ?? 'width'] }
      }),
    ).flat(),
  ]
  const known = new Set(expected.map(({ name }) => name))
  const problems = [
    ...differences('input', inputs, expected),
    ...inputs
      .filter(({ name }) => !known.has(name))
      .map(({ name }) => `input ${name}: the pool layout does not have it`),
    ...differences('output', outputs, [
      { name: 'tokens', types: ['int64'], shape: ['answers', 2] },
      { name: 'scores', types: ['float32'], shape: ['answers', 2] },
      {
        name: 'new_rows',
        types: ['float32'],
        shape: ['tokens', width === null ? 'values' : 2 * layers * width],
      },
    ]),
  ]
  if (width === null) {
    const text = 'expected a fixed number of values of a token (last size)'
    problems.push(`input ${caches[0]!.name}: ${text}, got ${shapeText(caches[0]!.shape)}`)
  }
  return foundDecoder({ kind: 'pool', layers, width: width ?? 0 }, problems, {
    vocabulary: rowsOf(inputs, 'ids'),
    positions: rowsOf(inputs, 'positions'),
  })
}

function foundDecoder(
  layout: FileLayout,
  problems: readonly string[],
  rest: Pick<FoundDecoder, 'vocabulary' | 'positions'>,
): FoundDecoder {
  const { kind } = layout
  const all = [...problems]
  if (all.length === 0 && tokenBytes(layout) > MOST_TOKEN_BYTES) {
    const [size, most] = [tokenBytes(layout), MOST_TOKEN_BYTES].map((n) => (n / 2 ** 20).toFixed(0))
    all.push(`keys and values of a token: expected at most ${most} MiB, got ${size}`)
  }
  if (all.length === 0) return { kind, layout, ...rest, problems: [] }
  const left = all.length - MOST_PROBLEMS
  const shown = left > 1 ? [...all.slice(0, MOST_PROBLEMS), `and ${left} more like these`] : all
  return { kind, layout: null, ...rest, problems: shown }
}

const isOther = (name: string) =>
  !PAST.test(name) && !['input_ids', 'attention_mask', 'position_ids'].includes(name)

function otherInput(name: string): string {
  const why =
    name === 'use_cache_branch'
      ? 'it chooses a branch of a merged decoder; export the decoder with past alone'
      : /encoder/.test(name)
        ? 'it is of an encoder and its decoder, which are not run together'
        : 'only input_ids, attention_mask, position_ids and past_key_values.N.key and .value are fed'
  return `input ${name}: ${why}`
}

/** What of the expected values is missing, or has another type or shape. */
function differences(
  side: 'input' | 'output',
  values: readonly GraphValue[],
  expected: readonly Expected[],
): string[] {
  const byName = new Map(values.map((value) => [value.name, value]))
  return expected.flatMap(({ name, types, shape }) => {
    const value = byName.get(name)
    const wanted = `${types.join(' or ')} ${shapeText(shape)}`
    if (value === undefined) return `${side} ${name}: expected ${wanted}, got nothing`
    const fits = types.includes(value.type ?? '') && fitsShape(value.shape, shape, side)
    if (fits) return []
    return `${side} ${name}: expected ${wanted}, got ${value.type ?? 'no tensor'} ${shapeText(value.shape)}`
  })
}

/** An output need not state its shape. A batch has one sequence, so 1 fits it. */
function fitsShape(
  shape: GraphValue['shape'],
  expected: Expected['shape'],
  side: 'input' | 'output',
): boolean {
  if (shape === null) return side === 'output'
  if (shape.length !== expected.length) return false
  return expected.every((wanted, i) => {
    const size = shape[i]
    if (typeof size !== 'number') return side === 'output' || typeof wanted === 'string'
    if (typeof wanted === 'number') return size === wanted
    return wanted === 'batch' ? size === 1 : ANY_SIZE.includes(wanted)
  })
}

/** Sizes that a file fixes; all others stay free. */
const ANY_SIZE = ['vocabulary', 'kv heads', 'head size', 'width', 'values']

function shapeText(shape: readonly (number | string | null)[] | null): string {
  if (shape === null) return 'without a shape'
  return `[${shape.map((size) => size ?? 'free').join(', ')}]`
}

function rowsOf(inputs: readonly GraphInput[], name: string): number | null {
  return inputs.find((input) => input.name === name)?.rows ?? null
}
