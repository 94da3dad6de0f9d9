import { Failure } from '../../scenarios/index.ts'
import {
  type CountedBatch,
  checkInputs,
  type GivenInput,
  type InputSpec,
  type OnnxGraph,
  type OperationsFit,
} from '../models/index.ts'
import { countOperations, fitOperations, settledGraph, weightlessModel } from '../models/onnx.ts'
import { type Sizes, type StarterInputs, starterInputs } from './starter-inputs.ts'

/** The operations of a net, counted over batches, and as declared work. */
export interface CountedModel extends OperationsFit {
  readonly inputs: readonly CountedInput[]
  readonly counted: readonly CountedBatch[]
}

/** An input as it was counted; a value that shapes may depend on. */
export interface CountedInput {
  readonly name: string
  readonly shape: Sizes
  readonly value: number | null
}

export interface CountOptions {
  readonly batches?: readonly number[]
  readonly lengths?: readonly number[]
  /** sizes of an input in place of those that are guessed, as `x=batch,3,224,224` */
  readonly shape?: readonly string[]
}

const BATCHES = [1, 2, 8]
/** Lengths that are counted by default, by their unit. */
const LENGTHS: Readonly<Record<NonNullable<StarterInputs['length']>, readonly number[]>> = {
  tokens: [32, 64, 128, 256],
  samples: [4000, 8000, 16_000, 32_000],
  chunk: [512],
  frames: [64, 128, 192, 320],
}

/** Counts the operations of an ONNX model. Throws `Failure` where its shapes cannot be inferred. */
export async function countModel(
  bytes: Uint8Array,
  graph: OnnxGraph,
  options: CountOptions,
): Promise<CountedModel> {
  const { length, inputs: guessed } = starterInputs(graph)
  const inputs = countedInputs(graph, guessed, options.shape ?? [])
  const has = (free: 'batch' | 'length') => inputs.some(({ shape }) => shape.includes(free))
  refuseWithout('batches', has('batch'), options)
  refuseWithout('lengths', has('length'), options)
  const batches = has('batch') ? (options.batches ?? BATCHES) : [1]
  const lengths = has('length') ? (options.lengths ?? LENGTHS[length ?? 'frames']) : [null]
  const count = (specs: readonly CountedInput[]) => countBatches(bytes, specs, batches, lengths)
  try {
    return { inputs, ...(await count(inputs)) }
  } catch (error) {
    // some nested branches cannot be chosen by a value: without it they are not counted
    if (!(error instanceof Failure) || inputs.every(({ value }) => value === null)) throw error
    const unvalued = inputs.map((input) => ({ ...input, value: null }))
    return { inputs: unvalued, ...(await count(unvalued)) }
  }
}

async function countBatches(
  bytes: Uint8Array,
  inputs: readonly CountedInput[],
  batches: readonly number[],
  lengths: readonly (number | null)[],
): Promise<Omit<CountedModel, 'inputs'>> {
  const model = weightlessModel(bytes)
  const counted: CountedBatch[] = []
  for (const batch of batches) {
    for (const length of lengths) {
      const fixedInputs = inputs.map((input) => givenInput(input, batch, length ?? 1))
      try {
        const counts = countOperations(await settledGraph(model, fixedInputs))
        counted.push({ batch, length, ...counts })
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        const at = length === null ? '' : ` of length ${length}`
        const remedy = 'change --shape, --batches or --lengths'
        throw new Failure(`a batch of ${batch}${at}: ${error.message}; ${remedy}`)
      }
    }
  }
  return { counted, ...fitOperations(counted) }
}

function refuseWithout(key: 'batches' | 'lengths', has: boolean, options: CountOptions): void {
  if (has || options[key] === undefined) return
  const free = key === 'batches' ? 'batch' : 'length'
  throw new Failure(`remove --${key}: no input has a dimension that is the ${free}; see --shape`)
}

function countedInputs(
  graph: OnnxGraph,
  guessed: StarterInputs['inputs'],
  shapes: readonly string[],
): CountedInput[] {
  const stated = new Map(shapes.map(statedShape))
  const names = new Set(graph.inputs.map(({ name }) => name))
  const specs = graph.inputs.map(({ name, type }, i) => {
    return { name, type, shape: stated.get(name) ?? guessed[i]!.shape } as InputSpec
  })
  const others = [...stated.keys()]
    .filter((name) => !names.has(name))
    .map((name) => ({ name, type: 'float32', shape: stated.get(name)! }) as InputSpec)
  const problems = checkInputs([...specs, ...others], graph.inputs)
  if (problems.length > 0) throw new Failure(problems.map((text) => `--shape: ${text}`))
  const missing = graph.inputs.filter(({ name, shape }) => shape === null && !stated.has(name))
  if (missing.length > 0) {
    const texts = missing.map(
      ({ name }) => `input ${name}: the file states no shape; add --shape ${name}=batch,…`,
    )
    throw new Failure(texts)
  }
  return specs.map(({ name, shape }, i) => ({
    name,
    shape,
    value: constantValue(guessed[i]!, graph, i),
  }))
}

/** Of whole numbers and flags with a fixed shape: the graph may branch by them. */
function constantValue({ value }: StarterInputs['inputs'][number], graph: OnnxGraph, at: number) {
  const { type, shape } = graph.inputs[at]!
  const fixed = shape?.every((size) => typeof size === 'number') === true
  return fixed && type?.startsWith('float') === false ? value : null
}

function statedShape(text: string): [name: string, shape: Sizes] {
  const at = text.lastIndexOf('=')
  const sizes = text.slice(at + 1).split(',')
  const shape = sizes.map((size) => {
    if (size === 'batch' || size === 'length') return size
    return /^[1-9]\d{0,8}$/.test(size) ? Number(size) : null
  })
  if (at > 0 && shape.every((size) => size !== null)) return [text.slice(0, at), shape]
  throw new Failure(
    `--shape: expected INPUT=SIZES with numbers, batch and length, as x=batch,3,224,224, got ${text}`,
  )
}

function givenInput(
  { name, shape, value }: CountedInput,
  batch: number,
  length: number,
): GivenInput {
  const sizes = shape.map((size) => (size === 'batch' ? batch : size === 'length' ? length : size))
  return value === null ? { name, sizes } : { name, sizes, value }
}
