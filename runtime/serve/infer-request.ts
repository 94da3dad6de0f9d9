import { bytesOf } from '../models/index.ts'
import { flagOf, kindOf, listOf, mapOf, own, parsedJson } from './json-fields.ts'
import { bytesOfJson } from './oip-tensors.ts'
import { datatypeOf } from './oip-types.ts'
import { RequestProblem } from './request-problem.ts'
import { clientDims, type ServedModel, type TensorSpec } from './served-model.ts'

/** An output that a client wants, by its number in the model. */
export interface WantedOutput {
  readonly output: number
  readonly binary: boolean
}

/** A request for inference that fits its model. */
export interface InferRequest {
  /** which its answer repeats; null for none */
  readonly id: string | null
  /** number of its class in the scenario */
  readonly class: number
  /** in the free dimension; 1 where the model has none */
  readonly length: number
  /** row-major bytes of each input of the model */
  readonly inputs: readonly Uint8Array[]
  readonly outputs: readonly WantedOutput[]
}

/** Characters of JSON that an element may take, with spaces and line breaks. */
const ELEMENT_CHARACTERS = 32
/** Of a request without its elements. */
const OTHER_BYTES = 64 * 1024
const LONGEST_ID = 1000
/** Lists and keys of a request beside its elements. */
const OTHER_VALUES = 4096
/** An element, and lists of one that it may stand in. */
const VALUES_OF_ELEMENT = 4

/** Of all inputs of one request. */
function elementsIn({ inputs, maxLength }: Pick<ServedModel, 'inputs' | 'maxLength'>): number {
  return inputs.reduce((sum, { shape }) => sum + elementCount(clientDims(shape, maxLength)), 0)
}

const elementCount = (dims: readonly number[]) => dims.reduce((product, size) => product * size, 1)

/** The most bytes of the body of a request. */
export const mostBodyBytes = (model: ServedModel): number =>
  OTHER_BYTES + ELEMENT_CHARACTERS * elementsIn(model)

/**
 * Reads a request of the Open Inference Protocol. `headerBytes`: how many bytes of the body are
 * JSON, before binary tensors; null where all are. Throws `RequestProblem`.
 */
export function parseInferRequest(
  body: Uint8Array,
  headerBytes: number | null,
  model: ServedModel,
): InferRequest {
  const length = headerBytes ?? body.length
  if (length > body.length) {
    throw new RequestProblem(
      `Inference-Header-Content-Length: expected at most ${body.length}, the length of the body, got ${length}`,
    )
  }
  const json = parsedJson(
    body.subarray(0, length),
    OTHER_VALUES + VALUES_OF_ELEMENT * elementsIn(model),
  )
  const head = mapOf(json, 'the body')
  const parameters = parametersOf(head, 'parameters')
  const binary = new BinaryTensors(body.subarray(length))
  const { inputs, length: free } = inputsOf(listOf(own(head, 'inputs'), 'inputs'), binary, model)
  binary.expectEnd()
  return {
    id: idOf(own(head, 'id')),
    class: classOf(parameters, model),
    length: free,
    inputs,
    outputs: wantedOutputs(head, parameters, model),
  }
}

/** The binary part of a body, whose tensors are in the order of the inputs. */
class BinaryTensors {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  next(size: number, at: string): Uint8Array {
    const left = this.#bytes.length - this.#at
    if (size > left) {
      throw new RequestProblem(
        `${at}.parameters.binary_data_size: expected at most ${left}, the bytes that are left, got ${size}`,
      )
    }
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  expectEnd(): void {
    const left = this.#bytes.length - this.#at
    if (left > 0) {
      throw new RequestProblem(`the body: expected no bytes after the last tensor, got ${left}`)
    }
  }
}

function inputsOf(
  list: readonly unknown[],
  binary: BinaryTensors,
  { inputs: specs, maxLength, name }: ServedModel,
): { inputs: Uint8Array[]; length: number } {
  const tensors = new Map<string, Uint8Array>()
  const free: FreeDimension = { length: null, maxLength }
  for (const [i, item] of list.entries()) {
    const tensor = mapOf(item, `inputs[${i}]`)
    const spec = specOf(own(tensor, 'name'), specs, `inputs[${i}]`)
    const at = `inputs.${spec.name}`
    if (tensors.has(spec.name)) throw new RequestProblem(`${at}: expected it once`)
    tensors.set(spec.name, tensorBytes(tensor, { spec, at, binary, free }))
  }
  const missing = specs.find((spec) => !tensors.has(spec.name))
  if (missing !== undefined) {
    throw new RequestProblem(`inputs: expected ${missing.name}, which ${name} takes, got nothing`)
  }
  return { inputs: specs.map((spec) => tensors.get(spec.name)!), length: free.length ?? 1 }
}

interface FreeDimension {
  length: number | null
  readonly maxLength: number
}

interface TensorPlace {
  readonly spec: TensorSpec
  readonly at: string
  readonly binary: BinaryTensors
  readonly free: FreeDimension
}

function tensorBytes(tensor: object, { spec, at, binary, free }: TensorPlace): Uint8Array {
  const { type, shape } = spec
  const datatype = own(tensor, 'datatype')
  if (datatype !== datatypeOf(type)) {
    throw new RequestProblem(
      `${at}.datatype: expected ${datatypeOf(type)}, got ${kindOf(datatype)}`,
    )
  }
  const dims = dimsOf(own(tensor, 'shape'), shape, { at, free })
  const count = elementCount(dims)
  const size = own(parametersOf(tensor, `${at}.parameters`), 'binary_data_size')
  const data = own(tensor, 'data')
  if (size === undefined) return bytesOfJson(data, { type, count, at })
  if (data !== undefined) {
    throw new RequestProblem(`${at}: expected data or binary_data_size, got both`)
  }
  const expected = count * bytesOf(type)
  if (size !== expected) {
    const text = `expected ${expected} by its shape, got ${kindOf(size)}`
    throw new RequestProblem(`${at}.parameters.binary_data_size: ${text}`)
  }
  return binary.next(expected, at)
}

/** The sizes of a tensor, which fit the shape of the input. The first free one sets the length. */
function dimsOf(
  value: unknown,
  shape: TensorSpec['shape'],
  { at, free }: Pick<TensorPlace, 'at' | 'free'>,
): number[] {
  const dims = listOf(value, `${at}.shape`)
  if (dims.length !== shape.length) {
    const expected = `[${shape.map((size) => (size === 'batch' ? 1 : size)).join(', ')}]`
    throw new RequestProblem(`${at}.shape: expected ${expected}, got ${dims.length} sizes`)
  }
  return shape.map((size, axis) => {
    const got = dims[axis]
    const where = `${at}.shape[${axis}]`
    if (size === 'length') {
      const isSize = Number.isInteger(got) && (got as number) >= 1
      if (!isSize || (got as number) > free.maxLength) {
        const text = `expected a whole number from 1 to ${free.maxLength}, got ${kindOf(got)}`
        throw new RequestProblem(`${where}: ${text}`)
      }
      free.length ??= got as number
    }
    const expected = size === 'batch' ? 1 : size === 'length' ? free.length : size
    if (got === expected) return got as number
    const why = size === 'batch' ? ', as a request is one of a batch' : ''
    throw new RequestProblem(`${where}: expected ${expected}${why}, got ${kindOf(got)}`)
  })
}

function wantedOutputs(
  head: object,
  parameters: object,
  { outputs }: ServedModel,
): readonly WantedOutput[] {
  const all = flagOf(own(parameters, 'binary_data_output'), 'parameters.binary_data_output')
  const wanted = own(head, 'outputs')
  if (wanted === undefined) return outputs.map((_, output) => ({ output, binary: all ?? false }))
  const seen = new Set<number>()
  return listOf(wanted, 'outputs').map((item, i) => {
    const asked = mapOf(item, `outputs[${i}]`)
    const spec = specOf(own(asked, 'name'), outputs, `outputs[${i}]`)
    const output = outputs.indexOf(spec)
    const at = `outputs.${spec.name}`
    if (seen.has(output)) throw new RequestProblem(`${at}: expected it once`)
    seen.add(output)
    const given = parametersOf(asked, `${at}.parameters`)
    if (own(given, 'classification') !== undefined) {
      throw new RequestProblem(`${at}.parameters: remove classification, which is not supported`)
    }
    const binary = flagOf(own(given, 'binary_data'), `${at}.parameters.binary_data`)
    return { output, binary: binary ?? all ?? false }
  })
}

function specOf<Spec extends TensorSpec>(name: unknown, specs: readonly Spec[], at: string): Spec {
  const spec = specs.find((one) => one.name === name)
  if (spec !== undefined) return spec
  const names = specs.map((one) => one.name).join(', ')
  throw new RequestProblem(`${at}.name: expected one of ${names}, got ${kindOf(name)}`)
}

/** Parameters of other servers that would change what is served. */
const REFUSED = ['sequence_id', 'sequence_start', 'sequence_end', 'priority', 'timeout'] as const

function classOf(parameters: object, { classes, name }: ServedModel): number {
  for (const key of REFUSED) {
    const value = own(parameters, key)
    // clients send 0 for their default
    if (value === undefined || value === 0 || value === false || value === '') continue
    const text = 'remove it; priorities and time-outs are those of the class (parameters.class)'
    throw new RequestProblem(`parameters.${key}: ${text}`)
  }
  const asked = own(parameters, 'class')
  if (asked === undefined) return classes[0]!.number
  const found = classes.find((one) => one.name === asked)
  if (found !== undefined) return found.number
  const names = classes.map((one) => one.name).join(', ')
  const text = `expected a class of ${name} (${names}), got ${kindOf(asked)}`
  throw new RequestProblem(`parameters.class: ${text}`)
}

function idOf(value: unknown): string | null {
  if (value === undefined) return null
  if (typeof value === 'string' && value.length <= LONGEST_ID) return value
  throw new RequestProblem(`id: expected a text of at most ${LONGEST_ID} characters`)
}

function parametersOf(map: object, at: string): object {
  const value = own(map, 'parameters')
  return value === undefined ? {} : mapOf(value, at)
}
