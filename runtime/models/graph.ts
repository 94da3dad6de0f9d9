import onnxProto from 'onnx-proto'
import { Failure, type Precision } from '../../scenarios/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import { halfBits, halvesOf } from './half.ts'
import { halfValue } from './output-difference.ts'

const { onnx } = onnxProto
const TYPE = onnx.TensorProto.DataType
const ATTRIBUTE = onnx.AttributeProto.AttributeType

/** A size, or the name of a free dimension. */
type Dimension = string | number
export type ElementType = 'FLOAT' | 'FLOAT16' | 'INT64' | 'INT32' | 'INT8' | 'BOOL'
type Attribute = number | readonly number[] | { readonly float: number }

/** Protobuf messages end at 2 GiB; no reader accepts a larger one. */
const LARGEST_BYTES = 2 ** 31 - 1

export interface GraphOptions {
  readonly name: string
  /** of the weights */
  readonly seed: number
  readonly precision: Precision
  /** default 17 */
  readonly opset?: Opset
  /** whether floats are rounded to those of float16, and computed with as `precision` has it */
  readonly rounded?: boolean
}

/** Versions of the operators, each with that of the format which knows it. */
const FORMAT_OF = { 17: 8, 24: 10 } as const
type Opset = keyof typeof FORMAT_OF

/** Operators of ONNX Runtime's own. */
const CONTRIB = { domain: 'com.microsoft', version: 1 } as const

/**
 * An ONNX graph under construction. Methods that add a value return its name. Weights are
 * drawn from streams named after them, so a weight does not depend on the order of building.
 */
export class Graph {
  readonly precision: Precision
  /** type of the weights and of computations with them */
  readonly floatType: 'FLOAT' | 'FLOAT16'
  readonly #name: string
  readonly #seed: number
  readonly #opset: Opset
  readonly #nodes: InstanceType<typeof onnx.NodeProto>[] = []
  /** per tensor, its fields before its data, and its data, which come last */
  readonly #initializers: { readonly header: Uint8Array; readonly data: Uint8Array }[] = []
  readonly #inputs: InstanceType<typeof onnx.ValueInfoProto>[] = []
  readonly #outputs: InstanceType<typeof onnx.ValueInfoProto>[] = []
  #bytes = 0
  #isContrib = false
  readonly #rounded: boolean

  constructor(options: GraphOptions) {
    this.#name = options.name
    this.#seed = options.seed
    this.precision = options.precision
    this.#opset = options.opset ?? 17
    this.#rounded = options.rounded ?? false
    this.floatType = options.precision === 'fp16' ? 'FLOAT16' : 'FLOAT'
  }

  input(name: string, type: ElementType, shape: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, shape))
    return name
  }

  output(
    value: string,
    name: string,
    shape: readonly Dimension[],
    type: ElementType = 'FLOAT',
  ): void {
    this.#nodes.push(onnx.NodeProto.create({ opType: 'Identity', input: [value], output: [name] }))
    this.#outputs.push(valueInfo(name, type, shape))
  }

  node(opType: string, input: readonly string[], attributes: Record<string, Attribute> = {}) {
    return this.nodes(opType, input, 1, attributes)[0]!
  }

  nodes(
    opType: string,
    input: readonly string[],
    outputs: number,
    attributes: Record<string, Attribute> = {},
  ): string[] {
    const name = `${opType}_${this.#nodes.length}`
    const output = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}_${i}`))
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value))
    this.#nodes.push(onnx.NodeProto.create({ name, opType, input: [...input], output, attribute }))
    return output
  }

  /** An operator that is ONNX Runtime's own. */
  contribNode(opType: string, input: readonly string[], attributes: Record<string, Attribute>) {
    const output = this.node(opType, input, attributes)
    this.#nodes.at(-1)!.domain = CONTRIB.domain
    this.#isContrib = true
    return output
  }

  cast(value: string, to: ElementType): string {
    return this.node('Cast', [value], { to: TYPE[to] })
  }

  /** Normal draws times `scale`, as float32. */
  draw(name: string, size: number, scale: number): Float32Array {
    const random = stream(this.#seed, 0, name)
    return Float32Array.from({ length: size }, () => random.normal() * scale)
  }

  /** A seeded weight in the graph's float type. */
  weight(name: string, dims: readonly number[], scale: number): string {
    this.#reserve(volume(dims) * 4)
    return this.floats(name, dims, this.draw(name, volume(dims), scale))
  }

  /** Floats in the graph's float type, or in `type`. */
  floats(name: string, dims: readonly number[], values: Float32Array, type = this.floatType) {
    const rounded = this.#rounded ? values.map((value) => halfValue(halfBits(value))) : values
    const data = type === 'FLOAT16' ? halvesOf(values) : rounded
    return this.#initializer(name, type, dims, data)
  }

  /** One float, for broadcasting. */
  scalar(name: string, value: number): string {
    return this.floats(name, [], Float32Array.of(value))
  }

  int64(name: string, values: readonly number[], dims = [values.length]): string {
    return this.#initializer(name, 'INT64', dims, BigInt64Array.from(values.map(BigInt)))
  }

  int8(name: string, dims: readonly number[], values: Int8Array): string {
    return this.#initializer(name, 'INT8', dims, values)
  }

  /**
   * The ONNX model in consecutive pieces. Weights are pieces without a copy: one buffer of the
   * whole model would take their memory twice.
   */
  encode(): readonly Uint8Array[] {
    const before = onnx.GraphProto.encode({ node: this.#nodes, name: this.#name }).finish()
    const after = onnx.GraphProto.encode({ input: this.#inputs, output: this.#outputs }).finish()
    const weights = this.#initializers.flatMap(({ header, data }) => [
      field(
        FIELD.initializer,
        size([header]) + size([data]) + field(FIELD.rawData, size([data])).length,
      ),
      header,
      field(FIELD.rawData, size([data])),
      data,
    ])
    const graph = [before, ...weights, after]
    const own = { domain: '', version: this.#opset }
    const opsetImport = this.#isContrib ? [own, CONTRIB] : [own]
    const irVersion = FORMAT_OF[this.#opset]
    return [
      onnx.ModelProto.encode({ irVersion, producerName: 'spillway' }).finish(),
      field(FIELD.graph, size(graph)),
      ...graph,
      onnx.ModelProto.encode({ opsetImport }).finish(),
    ]
  }

  #initializer(name: string, type: ElementType, dims: readonly number[], data: ArrayBufferView) {
    this.#reserve(data.byteLength)
    this.#bytes += data.byteLength
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    const header = onnx.TensorProto.encode({ name, dataType: TYPE[type], dims: [...dims] }).finish()
    this.#initializers.push({ header, data: rawData })
    return name
  }

  #reserve(bytes: number): void {
    if (this.#bytes + bytes <= LARGEST_BYTES) return
    throw new Failure(`model ${this.#name}: expected weights of at most 2 GiB, got more`)
  }
}

/** Field numbers of onnx.proto for fields with nested messages. */
const FIELD = { initializer: 5, graph: 7, rawData: 9 } as const

/** Header of a field: its number, wire type 2 and its byte count as a varint. */
function field(number: number, bytes: number): Uint8Array {
  const head = [(number << 3) | 2]
  let rest = bytes
  for (; rest >= 128; rest = Math.floor(rest / 128)) head.push((rest % 128) + 128)
  return Uint8Array.of(...head, rest)
}

const size = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0)

function volume(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1)
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]) {
  const dim = shape.map((size) =>
    typeof size === 'number' ? { dimValue: size } : { dimParam: size },
  )
  return onnx.ValueInfoProto.create({
    name,
    type: { tensorType: { elemType: TYPE[type], shape: { dim } } },
  })
}

function attributeOf(name: string, value: Attribute) {
  if (typeof value === 'number') return { name, type: ATTRIBUTE.INT, i: value }
  if ('float' in value) return { name, type: ATTRIBUTE.FLOAT, f: value.float }
  return { name, type: ATTRIBUTE.INTS, ints: [...value] }
}
