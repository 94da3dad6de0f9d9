import type { Product } from './products.ts'
import { type Graph, type Model, type Node, nameOf, onnx, readBy, type Tensor } from './proto.ts'
import type { LeftOut, ProductOperator } from './quantised-file.ts'
import { opsetOf } from './raise-opset.ts'
import {
  activationLevels,
  type Bias,
  type Levels,
  quantiseBias,
  quantiseWeights,
  type Range,
  type Weights,
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
    leftOut.push({ node: nameOf(node), operator, reason: reason! })
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
  readonly axis: number
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
  /** by the name of the weights that they were made of */
  readonly #stored = new Map<string, readonly StoredWeights[]>()
  readonly #parameters = new Map<string, readonly [scale: string, zero: string]>()

  constructor(model: Model, ranges: ReadonlyMap<string, Range>) {
    this.#model = model
    this.#graph = model.graph as Graph
    this.#ranges = ranges
    this.#domain = (opsetOf(model) ?? 0) < PER_CHANNEL_OPSET ? RUNTIME_DOMAIN : ''
    for (const { name } of this.#graph.initializer ?? []) this.#names.add(name ?? '')
    for (const { name } of this.#graph.input ?? []) this.#names.add(name ?? '')
    for (const { name, output } of this.#graph.node ?? []) {
      this.#names.add(name ?? '')
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
    const scaledBias = bias === null ? null : { values: bias.values, inputScale }
    const stored = this.#storedWeights(weightName, weights, scaledBias)
    const parameters = [stored.scales, stored.zeros]
    const input = [
      this.#dequantised(data),
      this.#dequantise(stored.levels, parameters, weights.axis),
    ]
    if (scaledBias !== null) {
      const { levels, scales } = quantiseBias(scaledBias, stored.values)
      const type = { dataType: INT32, dims: [levels.length] }
      const stem = bias!.name
      const biasLevels = this.#store(`${stem}_levels`, type, levels)
      const biasScales = this.#store(`${stem}_scales`, floats(scales), scales)
      input.push(this.#dequantise(biasLevels, [biasScales], 0))
    }
    node.input = input
  }

  /** Weights are stored once where several products share them, and have the same scales. */
  #storedWeights(name: string, weights: Weights, bias: Bias | null): StoredWeights {
    const { levels, scales } = quantiseWeights(weights, bias)
    const same = (this.#stored.get(name) ?? []).find(
      ({ axis, values }) =>
        axis === weights.axis && values.every((scale, i) => scale === scales[i]),
    )
    if (same !== undefined) return same
    const zeros = { dataType: INT8, dims: [scales.length] }
    const stored = {
      axis: weights.axis,
      levels: this.#store(`${name}_levels`, { dataType: INT8, dims: [...weights.dims] }, levels),
      scales: this.#store(`${name}_scales`, floats(scales), scales),
      // ONNX Runtime makes no QGemm without it
      zeros: this.#store(`${name}_zeros`, zeros, new Int8Array(scales.length)),
      values: scales,
    }
    this.#stored.set(name, [...(this.#stored.get(name) ?? []), stored])
    return stored
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
    const name = this.#fresh(`${opType}_${output}`)
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
    const cached = this.#parameters.get(value)
    if (cached !== undefined) return cached
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
    const free = this.#fresh(name)
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.#tensors.push(onnx.TensorProto.create({ name: free, ...type, rawData }))
    return free
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
