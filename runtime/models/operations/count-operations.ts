import {
  FOLDED,
  type Formula,
  LOOKUPS,
  MOVERS,
  OPERATOR_FLOPS,
  VIEWS,
  volume,
} from './operator-flops.ts'
import type { SettledGraph, SettledNode } from './settled-graph.ts'

/** Bytes of an element at fp32; elements of all types count as such. */
const ELEMENT_BYTES = 4

/** What one run of a graph computes and moves. */
export interface OperationCounts {
  readonly flops: number
  /** of weights that it reads, each once */
  readonly weightBytes: number
  /** inputs and outputs of each kernel, without weights */
  readonly movedBytes: number
  readonly kernels: number
  readonly notCounted: readonly NotCounted[]
}

/** Nodes that the totals leave out. */
export interface NotCounted {
  readonly operator: string
  readonly nodes: number
  /** of the shapes of its inputs and outputs, or of what the operator computes */
  readonly unknown: 'shapes' | 'work'
}

/**
 * Counts the nodes that run. Nodes of stored tensors alone do not: their results are weights. A
 * scale or shift by weights, or a batch normalisation, runs in the kernel of the convolution or
 * product of matrices before it, as every runtime fuses it. Tables of lookups are not read whole.
 */
export function countOperations(graph: SettledGraph): OperationCounts {
  const count = new Count(graph)
  for (const node of graph.nodes) count.add(node)
  return count.totals()
}

class Count {
  readonly #graph: SettledGraph
  readonly #constants: Set<string>
  /** nodes that read a tensor; two for an output of the graph, which must be written */
  readonly #readers = new Map<string, number>()
  /** results of kernels that may go on with stored operands */
  readonly #open = new Set<string>()
  readonly #weights = new Set<string>()
  readonly #notCounted = new Map<string, NotCounted>()
  #flops = 0
  #moved = 0
  #kernels = 0

  constructor(graph: SettledGraph) {
    this.#graph = graph
    this.#constants = new Set(graph.constants)
    for (const name of graph.outputs) this.#readers.set(name, 2)
    for (const name of graph.nodes.flatMap(({ inputs }) => [...new Set(inputs)])) {
      this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1)
    }
  }

  add(node: SettledNode): void {
    const inputs = [...new Set(node.inputs)].filter((name) => name !== '')
    const outputs = node.outputs.filter((name) => name !== '')
    if (inputs.every((name) => this.#constants.has(name))) {
      for (const name of outputs) this.#constants.add(name)
    } else if (VIEWS.has(node.operator)) return
    else if (this.#isFolded(node, inputs)) {
      this.#readWeights(inputs)
      this.#open.add(outputs[0]!)
    } else this.#run(node, inputs, outputs)
  }

  totals(): OperationCounts {
    let weights = 0
    for (const name of this.#weights) weights += this.#elements(name) ?? 0
    return {
      flops: this.#flops,
      weightBytes: weights * ELEMENT_BYTES,
      movedBytes: this.#moved * ELEMENT_BYTES,
      kernels: this.#kernels,
      notCounted: [...this.#notCounted.values()],
    }
  }

  #run(node: SettledNode, inputs: readonly string[], outputs: readonly string[]): void {
    const { operator } = node
    const formula = OPERATOR_FLOPS.get(operator)
    const lookup = LOOKUPS.has(operator)
    // of a lookup, as many elements of its first input as it writes
    const read = inputs.filter((name) => !(lookup && name === node.inputs[0]))
    const activations = read.filter((name) => !this.#constants.has(name))
    const moved = [...activations, ...outputs, ...(lookup ? outputs : [])]
      .map((name) => this.#elements(name))
      .reduce((sum, elements) => (sum === null || elements === null ? null : sum + elements), 0)
    const flops = formula === undefined ? 0 : this.#flopsOf(node, formula)
    if (formula === undefined && !MOVERS.has(operator)) this.#leaveOut(operator, 'work')
    else if (moved === null) this.#leaveOut(operator, 'shapes')
    else if (flops === null) this.#leaveOut(operator, 'work')
    else {
      this.#flops += flops
      this.#moved += moved
      this.#kernels++
      this.#readWeights(read)
      if (formula !== undefined) this.#open.add(outputs[0]!)
    }
  }

  #flopsOf(node: SettledNode, formula: Formula): number | null {
    const out = this.#sizes(node.outputs[0]!)
    return out && formula(node, (input) => this.#sizes(node.inputs[input] ?? ''), out)
  }

  /** Whether a node only scales and shifts what the kernel before it gives, by stored values. */
  #isFolded({ operator }: SettledNode, inputs: readonly string[]): boolean {
    if (!FOLDED.has(operator)) return false
    const [data, ...others] = inputs.filter((name) => !this.#constants.has(name))
    if (data === undefined || others.length > 0) return false
    if (!this.#open.has(data) || this.#readers.get(data) !== 1) return false
    const channels = Math.max(...(this.#sizes(data) ?? [0]))
    return inputs.every((name) => name === data || (this.#elements(name) ?? 0) <= channels)
  }

  #readWeights(inputs: readonly string[]): void {
    for (const name of inputs) {
      const isWeight = this.#constants.has(name) && !this.#graph.tensors.get(name)?.whole
      if (isWeight) this.#weights.add(name)
    }
  }

  #leaveOut(operator: string, unknown: NotCounted['unknown']): void {
    const key = `${operator} ${unknown}`
    const nodes = (this.#notCounted.get(key)?.nodes ?? 0) + 1
    this.#notCounted.set(key, { operator, nodes, unknown })
  }

  #sizes(name: string): readonly number[] | null {
    return this.#graph.tensors.get(name)?.sizes ?? null
  }

  #elements(name: string): number | null {
    const sizes = this.#sizes(name)
    return sizes === null ? null : volume(sizes)
  }
}
