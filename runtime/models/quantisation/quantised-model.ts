import type { LeftOut, Product, ProductOperator } from './products.ts'
import { type Graph, type Model, type Node, onnx, readBy, type Tensor } from './proto.ts'
import {
  activationLevels,
  type Levels,
  quantiseBias,
  quantiseWeights,
  type Range,
} from './steps.ts'

const { FLOAT, INT8, UINT8, INT32 } = onnx.TensorProto.DataType
const { INT } = onnx.AttributeProto.AttributeType

/** From this opset on the operators of ONNX take a scale for each channel. */
const PER_CHANNEL_OPSET = 13
/** The same operators of ONNX Runtime itself, in every opset. */
const RUNTIME_DOMAIN = 'com.microsoft'

export interface Quantised {
  readonly model: Model
  readonly quantised: Readonly<Record<ProductOperator, number>>
  readonly leftOut: readonly LeftOut[]
}

/**
 * A model whose products have QuantizeLinear and DequantizeLinear around them, which ONNX Runtime
 * replaces by kernels of 8 bits. The given model is changed. Products without a usable range stay.
 */
export function quantisedModel(
  model: Model,
  products: readonly Product[],
  ranges: ReadonlyMap<string, Range>,
): Quantised {
  const leftOut: LeftOut[] = []
  const usable = products.filter(({ node, operator, data, output }) => {
    const reason = [data, ...(output === null ? [] : [output])]
      .map((value) => rangeProblem(value, ranges.get(value)))
      .find((problem) => problem !== null)
    if (reason === undefined) return true
    leftOut.push({ node: node.name || (node.output?.[0] ?? ''), operator, reason: reason! })
    return false
  })
  const counts = { Conv: 0, Gemm: 0, MatMul: 0 }
  for (const { operator } of usable) counts[operator]++
  new Quantiser(model, ranges).quantise(usable)
  return { model, quantised: counts, leftOut }
}

function rangeProblem(value: string, range: Range | undefined): string | null {
  if (range === undefined) return `${value} was not seen in the calibration`
  if (!range.finite) return `${value} was infinite or no number in the calibration`
  const width = Math.fround(Math.max(0, range.max) - Math.min(0, range.min))
  return Number.isFinite(width) ? null : `${value} has too wide a range for float32`
}

/** Names of what is stored of weights, and their scales. */
interface StoredWeights {
  readonly levels: string
  readonly scales: string
  readonly zeros: string
  readonly values: Float32Array
}

class Quantiser {
  readonly #model: Model
  readonly #graph: Graph
  readonly #ranges: ReadonlyMap<string, Range>
  readonly #domain: string
  readonly #names = new Set<string>()
  readonly #nodes: Node[] = []
  readonly #tensors: Tensor[] = []
  /** quantised values by the names of those that they are made of */
  readonly #quantised = new Map<string, string>()
  /** names of stored levels and scales, by what they were made of */
  readonly #stored = new Map<string, StoredWeights>()
  readonly #parameters = new Map<string, readonly [scale: string, zero: string]>()

  constructor(model: Model, ranges: ReadonlyMap<string, Range>) {
    this.#model = model
    this.#graph = model.graph as Graph
    this.#ranges = ranges
    const opset = model.opsetImport?.find(({ domain }) => !domain || domain === 'ai.onnx')
    this.#domain = Number(opset?.version ?? 0) < PER_CHANNEL_OPSET ? RUNTIME_DOMAIN : ''
    for (const { name } of this.#graph.initializer ?? []) this.#names.add(name ?? '')
    for (const { name } of this.#graph.input ?? []) this.#names.add(name ?? '')
    for (const { output } of this.#graph.node ?? []) {
      for (const name of output ?? []) this.#names.add(name)
    }
  }

  quantise(products: readonly Product[]): void {
    const byNode = new Map(products.map((product) => [product.node, product]))
    const outputs = new Set(products.flatMap(({ output }) => output ?? []))
    for (const node of this.#graph.node ?? []) {
      const product = byNode.get(node)
      if (product !== undefined) this.#readLevels(product)
      this.#nodes.push(node)
      const [output] = node.output ?? []
      if (output !== undefined && outputs.has(output)) this.#quantiseOutput(node, output)
    }
    this.#graph.node = this.#nodes as Graph['node'] & object
    this.#graph.initializer = [...(this.#graph.initializer ?? []), ...this.#tensors] as object[]
    this.#dropUnused()
    if (this.#domain === '') return
    const imports = this.#model.opsetImport ?? []
    if (imports.some(({ domain }) => domain === RUNTIME_DOMAIN)) return
    this.#model.opsetImport = [
      ...imports,
      onnx.OperatorSetIdProto.create({ domain: RUNTIME_DOMAIN, version: 1 }),
    ]
  }

  /** Lets a product read its data, weights and bias from levels. */
  #readLevels({ node, data, weightName, weights, bias }: Product): void {
    const inputScale = this.#levelsOf(data).scale
    const input = [this.#dequantised(data), '', ...(bias === null ? [] : [''])]
    const own = bias === null ? null : { values: bias.values, inputScale }
    const key = [weightName, weights.axis, ...(bias === null ? [] : [bias.name, inputScale])].join(
      '\n',
    )
    let kept = this.#stored.get(key)
    if (kept === undefined) {
      const { levels, scales } = quantiseWeights(weights, own)
      const type = { dataType: INT8, dims: [...weights.dims] }
      const zeros = { dataType: INT8, dims: [scales.length] }
      kept = {
        levels: this.#store(`${weightName}_levels`, type, levels),
        scales: this.#store(`${weightName}_scales`, floats(scales), scales),
        // ONNX Runtime makes no QGemm without it
        zeros: this.#store(`${weightName}_zeros`, zeros, new Int8Array(scales.length)),
        values: scales,
      }
      this.#stored.set(key, kept)
    }
    input[1] = this.#dequantise(kept.levels, [kept.scales, kept.zeros], weights.axis)
    if (own !== null) {
      const { levels, scales } = quantiseBias(own, kept.values)
      const names = [`${bias!.name}_levels`, `${bias!.name}_scales`] as const
      const type = { dataType: INT32, dims: [levels.length] }
      const stored = this.#store(names[0], type, levels)
      input[2] = this.#dequantise(stored, [this.#store(names[1], floats(scales), scales)], 0)
    }
    node.input = input
  }

  /** Quantises what a node gives; all others read it from its levels. */
  #quantiseOutput(node: Node, output: string): void {
    const exact = this.#fresh(`${output}_exact`)
    node.output = [exact, ...(node.output ?? []).slice(1)]
    const parameters = this.#parametersOf(output)
    const levels = this.#node(
      'QuantizeLinear',
      [exact, ...parameters],
      this.#fresh(`${output}_levels`),
    )
    this.#quantised.set(output, levels)
    this.#node('DequantizeLinear', [levels, ...parameters], output)
  }

  /** A value, read from its levels. */
  #dequantised(value: string): string {
    const parameters = this.#parametersOf(value)
    let levels = this.#quantised.get(value)
    if (levels === undefined) {
      levels = this.#node('QuantizeLinear', [value, ...parameters], this.#fresh(`${value}_levels`))
      this.#quantised.set(value, levels)
    }
    return this.#dequantise(levels, parameters, null)
  }

  #dequantise(levels: string, parameters: readonly string[], axis: number | null): string {
    const attribute = axis === null ? [] : [{ name: 'axis', type: INT, i: axis }]
    const name = this.#fresh(`${levels}_read`)
    return this.#node('DequantizeLinear', [levels, ...parameters], name, attribute)
  }

  #node(
    opType: string,
    input: readonly string[],
    output: string,
    attribute: object[] = [],
  ): string {
    const domain = this.#domain
    const name = output
    this.#nodes.push(
      onnx.NodeProto.create({
        name,
        opType,
        domain,
        input: [...input],
        output: [output],
        attribute,
      }),
    )
    return output
  }

  #levelsOf(value: string): Levels {
    return activationLevels(this.#ranges.get(value)!)
  }

  #parametersOf(value: string): readonly [scale: string, zero: string] {
    const known = this.#parameters.get(value)
    if (known !== undefined) return known
    const { scale, zero } = this.#levelsOf(value)
    const names = [
      this.#store(`${value}_scale`, { dataType: FLOAT, dims: [] }, Float32Array.of(scale)),
      this.#store(`${value}_zero`, { dataType: UINT8, dims: [] }, Uint8Array.of(zero)),
    ] as const
    this.#parameters.set(value, names)
    return names
  }

  #store(
    name: string,
    type: { readonly dataType: number; readonly dims: number[] },
    data: ArrayBufferView,
  ): string {
    const own = this.#fresh(name)
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.#tensors.push(onnx.TensorProto.create({ name: own, ...type, rawData }))
    return own
  }

  /** A name that the graph does not have. */
  #fresh(name: string): string {
    let free = name
    for (let i = 2; this.#names.has(free); i++) free = `${name}_${i}`
    this.#names.add(free)
    return free
  }

  /** Drops stored tensors that no node reads any more. */
  #dropUnused(): void {
    const graph = this.#graph
    const used = new Set([
      ...(graph.node ?? []).flatMap(readBy),
      ...(graph.output ?? []).map(({ name }) => name ?? ''),
    ])
    graph.initializer = (graph.initializer ?? []).filter(({ name }) => used.has(name ?? ''))
  }
}

const floats = (values: Float32Array) => ({ dataType: FLOAT, dims: [values.length] })
