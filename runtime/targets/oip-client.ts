import { Failure, type TensorType } from '../../scenarios/index.ts'
import { hasFewValues } from '../../scenarios/light.ts'
import { bytesOf, checkInputs, type InputSpec } from '../models/index.ts'
import { kindOf, own } from '../serve/json-fields.ts'
import { jsonOfBytes } from '../serve/oip-tensors.ts'
import { datatypeOf, typeOfDatatype } from '../serve/oip-types.ts'
import type { HeaderTexts } from './call-headers.ts'
import { type HttpAnswer, HttpTarget, shown } from './http-target.ts'
import { TargetProblem } from './target-problem.ts'

/** A model on a server with the Open Inference Protocol. */
export interface OipTarget {
  readonly url: string
  readonly model: string
  /** null: the one that the server chooses */
  readonly version: string | null
  readonly timeoutMs: number
  readonly headers: HeaderTexts
}

/** An input of a batch. */
export interface SentTensor {
  readonly name: string
  readonly type: InputSpec['type']
  readonly dims: readonly number[]
  /** row-major */
  readonly bytes: Uint8Array
}

/** Of an answer, and of all that come at once: outputs are rarely a hundredth of that. */
const MOST_BYTES = 2 ** 30
/** Of the JSON of an answer: a text has no more. */
const MOST_JSON_BYTES = 2 ** 28
/** Lists, keys and numbers of the JSON of an answer. */
const MOST_VALUES = 1e7
/** Dimensions of an output, which its values may be nested by. */
const MOST_DIMENSIONS = 32

/** Connections to a model, whose inputs are those of the scenario. */
export class OipClient {
  readonly #http: HttpTarget
  readonly #path: string
  /** whether tensors are sent and asked for as bytes */
  readonly #binary: boolean
  readonly #outputs: StatedOutputs
  #sent = 0

  private constructor(http: HttpTarget, path: string, binary: boolean, outputs: StatedOutputs) {
    this.#http = http
    this.#path = path
    this.#binary = binary
    this.#outputs = outputs
  }

  /** Throws `Failure` where the server has no such model, or one with other inputs. */
  static async open(
    target: OipTarget,
    inputs: readonly InputSpec[],
    connections = 1,
  ): Promise<OipClient> {
    const { url, model, version, timeoutMs, headers } = target
    const http = new HttpTarget({ url, timeoutMs, headers, mostBytes: MOST_BYTES, connections })
    const ofModel = `/v2/models/${encodeURIComponent(model)}`
    const path = version === null ? ofModel : `${ofModel}/versions/${encodeURIComponent(version)}`
    try {
      const server = mapOf(jsonOf(await http.get('/v2')))
      const extensions = own(server, 'extensions')
      const binary = Array.isArray(extensions) && extensions.includes('binary_tensor_data')
      const metadata = mapOf(jsonOf(await http.get(path)))
      const problems = checkInputs(inputs, statedInputs(metadata))
      if (problems.length > 0) throw new Failure(problems.map((text) => `${url}: ${text}`))
      return new OipClient(http, path, binary, statedOutputs(metadata))
    } catch (error) {
      await http.close()
      if (!(error instanceof TargetProblem)) throw error
      throw new Failure(`${url}: model ${model}: ${error.message}`)
    }
  }

  /** What `send` takes: encoded before the clock of a batch starts. */
  encode(tensors: readonly SentTensor[]): EncodedBatch {
    const id = `${this.#sent++}`
    return { id, ...(this.#binary ? binaryBatch(id, tensors) : jsonBatch(id, tensors)) }
  }

  /** Runs a batch. Throws `TargetProblem` unless its answer has outputs of that many requests. */
  async send({ id, headers, body }: EncodedBatch, size: number): Promise<void> {
    const answer = await this.#http.post(`${this.#path}/infer`, headers, body)
    expectOutputs(answer, { id, size, stated: this.#outputs })
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}

export interface EncodedBatch {
  /** that the answer has, too, if any */
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const headOf = ({ name, type, dims }: SentTensor) => ({
  name,
  shape: dims,
  datatype: datatypeOf(type),
})

function jsonBatch(id: string, tensors: readonly SentTensor[]): Omit<EncodedBatch, 'id'> {
  const inputs = tensors.map((tensor) => {
    const head = JSON.stringify(headOf(tensor)).slice(0, -1)
    return `${head},"data":${jsonOfBytes(tensor.type, tensor.bytes)}}`
  })
  const body = Buffer.from(`{"id":"${id}","inputs":[${inputs.join(',')}]}`)
  return { headers: { 'Content-Type': 'application/json' }, body }
}

function binaryBatch(id: string, tensors: readonly SentTensor[]): Omit<EncodedBatch, 'id'> {
  const inputs = tensors.map((tensor) => {
    return { ...headOf(tensor), parameters: { binary_data_size: tensor.bytes.length } }
  })
  const parameters = { binary_data_output: true }
  const json = Buffer.from(JSON.stringify({ id, parameters, inputs }))
  return {
    headers: {
      'Content-Type': 'application/octet-stream',
      [HEADER_LENGTH]: `${json.length}`,
    },
    body: Buffer.concat([json, ...tensors.map(({ bytes }) => bytes)]),
  }
}

/** Of an answer with another status: what is read of it. */
const MOST_ERROR_BYTES = 10_000
const HEADER_LENGTH = 'inference-header-content-length'

/** The JSON of an answer, without the bytes that may stand behind it. */
function jsonOf({ status, headers, body }: HttpAnswer): unknown {
  if (status !== 200) {
    const text = new TextDecoder().decode(body.subarray(0, MOST_ERROR_BYTES))
    throw new TargetProblem('status', `it answered ${status} (${shown(text.trim())})`)
  }
  const stated = headers[HEADER_LENGTH]
  const length = stated === undefined ? body.length : Number(stated)
  if ((stated !== undefined && !/^\d+$/.test(stated)) || length > body.length) {
    throw new TargetProblem('answer', `${HEADER_LENGTH} is ${shown(stated ?? '')}`)
  }
  if (length > MOST_JSON_BYTES) {
    throw new TargetProblem('answer', `it has more than ${MOST_JSON_BYTES} bytes of JSON`)
  }
  const text = new TextDecoder().decode(body.subarray(0, length))
  if (!hasFewValues(text, MOST_VALUES)) {
    throw new TargetProblem('answer', `it has more than ${MOST_VALUES} values`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new TargetProblem('answer', `expected JSON, got ${shown(text.trim())}`)
  }
}

/** What an answer to a batch has to fit. */
interface Sent {
  readonly id: string
  readonly size: number
  readonly stated: StatedOutputs
}

/** Throws `TargetProblem` unless outputs have values as their shapes say, of `size` requests. */
function expectOutputs(answer: HttpAnswer, { id, size, stated: outputsOf }: Sent): void {
  const head = mapOf(jsonOf(answer))
  const error = own(head, 'error')
  // some servers state errors under 200
  if (error !== undefined) throw new TargetProblem('answer', `error: ${textOf(error)}`)
  const answered = own(head, 'id')
  if (answered !== undefined && answered !== id) {
    const text = `id: expected ${id}, got ${textOf(answered)}, which is the answer to another call`
    throw new TargetProblem('answer', text)
  }
  const outputs = own(head, 'outputs')
  if (!Array.isArray(outputs) || outputs.length === 0) {
    throw new TargetProblem('answer', `outputs: expected a list, got ${shown(kindOf(outputs))}`)
  }
  const stated = answer.headers[HEADER_LENGTH]
  let left = stated === undefined ? 0 : answer.body.length - Number(stated)
  const names = new Set<string>()
  for (const [i, item] of outputs.entries()) {
    const output = mapOf(item)
    const type = expectStated(output, `outputs[${i}]`, { names, outputsOf })
    left -= expectOutput(output, `outputs[${i}]`, { type, size })
    if (left < 0) throw new TargetProblem('answer', `outputs[${i}]: its bytes are missing`)
  }
  if (left > 0) throw new TargetProblem('answer', `${left} bytes belong to no output`)
}

/** null: texts (BYTES), or a type that only the server knows, whose lengths are its own. */
type OutputType = TensorType | null

/** The datatypes of outputs by their names; null where a server does not state them. */
type StatedOutputs = ReadonlyMap<string, unknown> | null

function statedOutputs(metadata: object): StatedOutputs {
  const outputs = own(metadata, 'outputs')
  if (!Array.isArray(outputs) || outputs.length === 0) return null
  const named = outputs.map((item: unknown): [string, unknown] => {
    const output = mapOf(item)
    return [textOf(own(output, 'name')), own(output, 'datatype')]
  })
  return new Map(named)
}

/** Returns the type of an output, which has a name of its own. */
function expectStated(
  output: object,
  at: string,
  { names, outputsOf }: { readonly names: Set<string>; readonly outputsOf: StatedOutputs },
): OutputType {
  const [name, datatype] = [own(output, 'name'), own(output, 'datatype')]
  if (typeof name !== 'string' || names.has(name)) {
    throw new TargetProblem('answer', `${at}.name: expected a name of its own, got ${textOf(name)}`)
  }
  names.add(name)
  if (outputsOf !== null && !outputsOf.has(name)) {
    throw new TargetProblem('answer', `${at}.name: the model has no output ${shown(name)}`)
  }
  const type = typeOfDatatype(datatype)
  const isOfProtocol = type !== null || datatype === 'BYTES'
  if (outputsOf === null ? isOfProtocol : datatype === outputsOf.get(name)) return type
  const expected = outputsOf === null ? 'one of the protocol' : textOf(outputsOf.get(name))
  const text = `${at}.datatype: expected ${expected}, got ${textOf(datatype)}`
  throw new TargetProblem('answer', text)
}

/** Whether a value of JSON is one of a type. */
function isOfType(value: unknown, type: OutputType): boolean {
  if (type === null && typeof value === 'string') return true
  if (type === 'bool' && typeof value === 'boolean') return true
  return Number.isFinite(value)
}

/** Returns the bytes that it has behind the JSON. */
function expectOutput(
  output: object,
  at: string,
  { type, size }: { readonly type: OutputType; readonly size: number },
): number {
  const shape = own(output, 'shape')
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS) {
    throw new TargetProblem('answer', `${at}.shape: expected a list of sizes`)
  }
  if (!shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new TargetProblem('answer', `${at}.shape: expected a list of sizes`)
  }
  if (shape.length > 0 && shape[0] !== size) {
    const text = `expected ${size} first, as many as the batch has, got ${textOf(shape[0])}`
    throw new TargetProblem('answer', `${at}.shape: ${text}`)
  }
  const count = shape.reduce((product: number, length) => product * length, 1)
  const bytes = own(mapOf(own(output, 'parameters') ?? {}), 'binary_data_size')
  if (bytes !== undefined) {
    const isSize = Number.isInteger(bytes) && (bytes as number) >= 0
    const expected = type === null ? 'a size' : count * bytesOf(type)
    if (isSize && (type === null || bytes === expected)) return bytes as number
    const text = `expected ${expected}${type === null ? '' : ', as its shape has'}, got ${textOf(bytes)}`
    throw new TargetProblem('answer', `${at}.parameters.binary_data_size: ${text}`)
  }
  const values = valuesOf(own(output, 'data'), shape)
  if (values?.length !== count) {
    const text = `expected ${count} values, got ${values?.length ?? 'other lists of them'}`
    throw new TargetProblem('answer', `${at}.data: ${text}`)
  }
  const wrong = values.find((value) => !isOfType(value, type))
  if (wrong === undefined) return 0
  const text = `expected values of ${textOf(own(output, 'datatype'))}, got ${textOf(wrong)}`
  throw new TargetProblem('answer', `${at}.data: ${text}`)
}

/** Values in one list, or in lists as the shape has them; null for any other lists. */
function valuesOf(data: unknown, shape: readonly number[]): readonly unknown[] | null {
  let values: readonly unknown[] = Array.isArray(data) ? data : []
  if (!values.some(Array.isArray)) return values
  for (const length of shape.slice(1)) {
    const lists = values.filter((list): list is unknown[] => Array.isArray(list))
    if (lists.length < values.length || lists.some((list) => list.length !== length)) return null
    values = lists.flat()
  }
  return values
}

/** Inputs as the metadata of a model states them; sizes below 0 are free. */
function statedInputs(metadata: object) {
  const inputs = own(metadata, 'inputs')
  if (!Array.isArray(inputs)) {
    throw new TargetProblem('answer', `inputs of its metadata: expected a list`)
  }
  return inputs.map((item: unknown) => {
    const input = mapOf(item)
    const shape = own(input, 'shape')
    return {
      name: textOf(own(input, 'name')),
      type: typeOfDatatype(own(input, 'datatype')),
      shape: Array.isArray(shape)
        ? shape.map((size: unknown) => (typeof size === 'number' && size > 0 ? size : null))
        : null,
    }
  })
}

/** A text of a server, or what stands in its place. */
const textOf = (value: unknown) => shown(typeof value === 'string' ? value : kindOf(value))

function mapOf(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new TargetProblem('answer', `expected a map, got ${shown(kindOf(value))}`)
}
