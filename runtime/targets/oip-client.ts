import { Failure } from '../../scenarios/index.ts'
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

/** Of an answer: outputs of a batch are rarely a hundredth of that. */
const MOST_BYTES = 2 ** 30
/** Lists, keys and numbers of the JSON of an answer. */
const MOST_VALUES = 1e7

/** Connections to a model, whose inputs are those of the scenario. */
export class OipClient {
  readonly #http: HttpTarget
  readonly #path: string
  /** whether tensors are sent and asked for as bytes */
  readonly #binary: boolean

  private constructor(http: HttpTarget, path: string, binary: boolean) {
    this.#http = http
    this.#path = path
    this.#binary = binary
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
      return new OipClient(http, path, binary)
    } catch (error) {
      await http.close()
      if (!(error instanceof TargetProblem)) throw error
      throw new Failure(`${url}: model ${model}: ${error.message}`)
    }
  }

  /** What `send` takes: encoded before the clock of a batch starts. */
  encode(tensors: readonly SentTensor[]): EncodedBatch {
    return this.#binary ? binaryBatch(tensors) : jsonBatch(tensors)
  }

  /** Runs a batch. Throws `TargetProblem` unless its answer has outputs of that many requests. */
  async send({ headers, body }: EncodedBatch, size: number): Promise<void> {
    expectOutputs(await this.#http.post(`${this.#path}/infer`, headers, body), size)
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}

export interface EncodedBatch {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const headOf = ({ name, type, dims }: SentTensor) => ({
  name,
  shape: dims,
  datatype: datatypeOf(type),
})

function jsonBatch(tensors: readonly SentTensor[]): EncodedBatch {
  const inputs = tensors.map((tensor) => {
    const head = JSON.stringify(headOf(tensor)).slice(0, -1)
    return `${head},"data":${jsonOfBytes(tensor.type, tensor.bytes)}}`
  })
  const body = Buffer.from(`{"inputs":[${inputs.join(',')}]}`)
  return { headers: { 'Content-Type': 'application/json' }, body }
}

function binaryBatch(tensors: readonly SentTensor[]): EncodedBatch {
  const inputs = tensors.map((tensor) => {
    return { ...headOf(tensor), parameters: { binary_data_size: tensor.bytes.length } }
  })
  const json = Buffer.from(JSON.stringify({ parameters: { binary_data_output: true }, inputs }))
  return {
    headers: {
      'Content-Type': 'application/octet-stream',
      [HEADER_LENGTH]: `${json.length}`,
    },
    body: Buffer.concat([json, ...tensors.map(({ bytes }) => bytes)]),
  }
}

const HEADER_LENGTH = 'inference-header-content-length'

/** The JSON of an answer, without the bytes that may stand behind it. */
function jsonOf({ status, headers, body }: HttpAnswer): unknown {
  const stated = headers[HEADER_LENGTH]
  const length = stated === undefined ? body.length : Number(stated)
  if (!Number.isInteger(length) || length < 0 || length > body.length) {
    throw new TargetProblem('answer', `${HEADER_LENGTH} is ${shown(stated ?? '')}`)
  }
  const text = new TextDecoder().decode(body.subarray(0, length))
  if (status !== 200) {
    throw new TargetProblem('status', `it answered ${status} (${shown(text.trim())})`)
  }
  if (!hasFewValues(text, MOST_VALUES)) {
    throw new TargetProblem('answer', `it has more than ${MOST_VALUES} values`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new TargetProblem('answer', `expected JSON, got ${shown(text.trim())}`)
  }
}

/** Throws `TargetProblem` unless outputs have values as their shapes say, of `size` requests. */
function expectOutputs(answer: HttpAnswer, size: number): void {
  const head = mapOf(jsonOf(answer))
  const error = own(head, 'error')
  // some servers state errors under 200
  if (error !== undefined) throw new TargetProblem('answer', `error: ${shown(String(error))}`)
  const outputs = own(head, 'outputs')
  if (!Array.isArray(outputs) || outputs.length === 0) {
    throw new TargetProblem('answer', `outputs: expected a list, got ${shown(kindOf(outputs))}`)
  }
  const stated = answer.headers[HEADER_LENGTH]
  let left = stated === undefined ? 0 : answer.body.length - Number(stated)
  for (const [i, output] of outputs.entries()) {
    left -= expectOutput(mapOf(output), `outputs[${i}]`, size)
    if (left < 0) throw new TargetProblem('answer', `outputs[${i}]: its bytes are missing`)
  }
  if (left > 0) throw new TargetProblem('answer', `${left} bytes belong to no output`)
}

/** Returns the bytes that it has behind the JSON. */
function expectOutput(output: object, at: string, size: number): number {
  const shape = own(output, 'shape')
  if (!Array.isArray(shape) || !shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new TargetProblem('answer', `${at}.shape: expected a list of sizes`)
  }
  if (shape.length > 0 && shape[0] !== size) {
    const text = `expected ${size} first, as many as the batch has, got ${shape[0]}`
    throw new TargetProblem('answer', `${at}.shape: ${text}`)
  }
  const count = shape.reduce((product: number, length) => product * length, 1)
  const bytes = own(mapOf(own(output, 'parameters') ?? {}), 'binary_data_size')
  if (bytes !== undefined) {
    const type = typeOfDatatype(own(output, 'datatype'))
    const expected = type === null ? bytes : count * bytesOf(type)
    if (typeof bytes === 'number' && bytes >= 0 && bytes === expected) return bytes
    const text = `expected ${shown(String(expected))}, as its shape has, got ${shown(kindOf(bytes))}`
    throw new TargetProblem('answer', `${at}.parameters.binary_data_size: ${text}`)
  }
  const data = own(output, 'data')
  // values may be nested as the shape has them
  const values = Array.isArray(data) ? data.flat(shape.length) : []
  if (values.length === count) return 0
  throw new TargetProblem('answer', `${at}.data: expected ${count} values, got ${values.length}`)
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
      name: shown(String(own(input, 'name'))),
      type: typeOfDatatype(own(input, 'datatype')),
      shape: Array.isArray(shape)
        ? shape.map((size: unknown) => (typeof size === 'number' && size > 0 ? size : null))
        : null,
    }
  })
}

function mapOf(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new TargetProblem('answer', `expected a map, got ${shown(kindOf(value))}`)
}
