import type { ArenaRun, GraphNode, NodeGraph, ProfiledNode } from './arena-log.ts'

/** The buffers of a model cannot be determined, for the reason in the message. */
export class Unfit extends Error {}

/** A buffer: its number in the order of allocation, and its bytes in each run. */
export interface TakenBuffer {
  readonly number: number
  readonly bytes: readonly number[]
  /** node that allocated it */
  readonly by: string
  /** whether it is an output, which stays until the run has ended */
  readonly output: boolean
}

/** The state between two nodes. It is copied at each branch. */
interface State {
  /** an allocated buffer, or the number of a freed one */
  readonly steps: (TakenBuffer | number)[]
  /** the buffer of each value that is still to be used */
  readonly places: Map<string, TakenBuffer>
  /** buffers that hold no value any more and were kept, in the order in which they died */
  kept: readonly TakenBuffer[]
  /** buffers that died with the node before */
  died: readonly TakenBuffer[]
  taken: number
}

/** Ops whose output is their input, even if other nodes use the input. */
const ALIASES = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity'])

/** Ops that overwrite their input if no other node uses it, before they take another buffer. */
const IN_PLACE = new Set(
  (
    'Abs Cast Ceil Elu Erf Exp Floor Gelu HardSigmoid LeakyRelu Log LogSoftmax Neg Reciprocal ' +
    'Relu Selu Sigmoid Softmax Softplus Softsign Sqrt Tanh ThresholdedRelu'
  ).split(' '),
)

/** Branches that are tried before the search ends without a result. */
const MOST_WAYS = 10_000

/**
 * Reconstructs the allocations and frees of a model from the graph and from profiles of runs with
 * several shapes. The profile has the bytes; the buffers follow from the planner of ONNX Runtime
 * (allocation_planner.cc). It frees a buffer right after the last use of its value, unless it
 * reuses the buffer for a later value. A value without an allocation reuses a dead buffer of the
 * same size (the last one if there are several) or overwrites an input. Kernels differ in which of
 * these they do, so all are tried; a choice that contradicts a later free is rejected.
 */
export class BufferWalk {
  readonly #graph: NodeGraph
  readonly #runs: readonly ArenaRun[]
  /** number of the last node that uses a value */
  readonly #lastUse = new Map<string, number>()
  #ways = 0

  /** `runs` have the same nodes. Throws `Unfit` if the graph has other nodes. */
  constructor(graph: NodeGraph, runs: readonly ArenaRun[]) {
    this.#graph = graph
    this.#runs = runs
    const ops = ({ op }: { readonly op: string }) => op
    // both lists are in the order of execution; names may be missing, or not be unique
    if (graph.nodes.map(ops).join() !== runs[0]!.nodes.map(ops).join()) {
      throw new Unfit('the graph has other nodes than the profile')
    }
    for (const [i, { inputs }] of graph.nodes.entries()) {
      for (const input of inputs) this.#lastUse.set(input, i)
    }
  }

  /** Throws `Unfit` if the planner cannot have made these profiles. */
  steps(reserved: readonly number[]): State['steps'] {
    const weights = reserved.reduce((sum, bytes) => sum + bytes, 0)
    const state: State = { steps: [], places: new Map(), kept: [], died: [], taken: 0 }
    return this.#from(0, state, weights)
  }

  #from(i: number, state: State, weights: number): State['steps'] {
    if (this.#ways++ > MOST_WAYS) throw new Unfit('there are too many possible orders of frees')
    if (i === this.#graph.nodes.length) return this.#ended(state)
    const each = this.#runs.map(({ nodes }) => nodes[i]!)
    const before = this.#runs.map(({ nodes }) => nodes[i - 1]?.requested ?? weights)
    let failed: unknown = null
    for (const released of releases(state, each, before)) {
      for (const next of this.#ran(i, released, each)) {
        try {
          return this.#from(i + 1, next, weights)
        } catch (error) {
          if (!(error instanceof Unfit)) throw error
          failed ??= error
        }
      }
    }
    throw failed ?? new Unfit(`no buffers add up to what is freed before ${each[0]!.name}`)
  }

  /** Possible states after a node, the likely ones first. */
  #ran(i: number, state: State, each: readonly ProfiledNode[]): State[] {
    const { name } = each[0]!
    const node = this.#graph.nodes[i]!
    const grown = each.map(({ requestedDelta }) => requestedDelta)
    if (grown.some((bytes) => bytes < 0)) throw new Unfit(`${name} frees memory while it runs`)
    const outputs = node.outputs.map((value, k) => ({
      value,
      bytes: each.map((run) => run.outputs[k] ?? Number.NaN),
    }))
    const [taken] = addends(outputs, grown)
    if (taken === undefined) throw new Unfit(`${name} takes other bytes than its outputs have`)
    let states = [state]
    for (const output of outputs) {
      states = states.flatMap((branch) =>
        taken.includes(output)
          ? [placed(branch, output.value, this.#taken(branch, output, name))]
          : this.#reused(i, branch, node, output),
      )
    }
    return states.map((branch) => this.#left(i, branch, node))
  }

  #taken({ taken }: State, { value, bytes }: Value, by: string): TakenBuffer {
    return { number: taken, bytes, by, output: this.#graph.outputs.includes(value) }
  }

  /** States for an output without an allocation. If no buffer fits, it is not in the arena. */
  #reused(i: number, state: State, { op, inputs }: GraphNode, { value, bytes }: Value): State[] {
    const same = (buffer: TakenBuffer | undefined) =>
      buffer !== undefined && equal(buffer.bytes, bytes)
    const fitting = inputs.filter((input) => same(state.places.get(input)))
    const over = fitting.filter((input) => this.#lastUse.get(input) === i)
    const inputsFirst = ALIASES.has(op) ? fitting : IN_PLACE.has(op) ? over : []
    const dead = [...state.kept].reverse().filter(same)
    const places = [inputsFirst, dead, over].flatMap((among) =>
      among.map((choice) => (typeof choice === 'string' ? state.places.get(choice)! : choice)),
    )
    if (places.length === 0) return [state]
    return [...new Set(places)].map((place) => placed(state, value, place))
  }

  /** Removes values after their last use. Their buffers die if they hold no other value. */
  #left(i: number, state: State, { inputs, outputs }: GraphNode): State {
    const places = new Map(state.places)
    const left: TakenBuffer[] = []
    for (const value of [...inputs, ...outputs]) {
      const place = places.get(value)
      const used = (this.#lastUse.get(value) ?? i) > i || this.#graph.outputs.includes(value)
      if (place === undefined || used) continue
      places.delete(value)
      left.push(place)
    }
    const there = new Set(places.values())
    return { ...state, places, died: [...new Set(left)].filter((buffer) => !there.has(buffer)) }
  }

  /** Frees the remaining buffers, except outputs. */
  #ended({ steps, places, kept, died }: State): State['steps'] {
    if (kept.length > 0) throw new Unfit('a buffer is kept, but no value uses it again')
    const outputs = this.#graph.outputs.map((value) => places.get(value))
    if (outputs.some((place) => place?.output !== true)) {
      throw new Unfit('an output is in no buffer of its own')
    }
    return [...steps, ...died.map(({ number }) => number)]
  }
}

interface Value {
  readonly value: string
  readonly bytes: readonly number[]
}

/** The state with a value in a buffer: a new one, a kept one or one shared with other values. */
function placed(state: State, value: string, place: TakenBuffer): State {
  const fresh = place.number === state.taken
  return {
    ...state,
    steps: fresh ? [...state.steps, place] : state.steps,
    places: new Map([...state.places, [value, place]]),
    kept: state.kept.filter((buffer) => buffer !== place),
    taken: fresh ? state.taken + 1 : state.taken,
  }
}

/** Possible sets of buffers that were freed before a node, by the profile. */
function releases(state: State, each: readonly ProfiledNode[], before: readonly number[]): State[] {
  const freed = each.map((node, i) => before[i]! - node.requested + node.requestedDelta)
  if (freed.some((bytes) => bytes < 0)) {
    throw new Unfit(`memory is taken before ${each[0]!.name} runs`)
  }
  return addends(state.died, freed).map((gone) => ({
    ...state,
    steps: [...state.steps, ...gone.map(({ number }) => number)],
    kept: [...state.kept, ...state.died.filter((buffer) => !gone.includes(buffer))],
    died: [],
  }))
}

const equal = (a: readonly number[], b: readonly number[]) => a.every((value, i) => value === b[i])

/** All choices that add up to `total` in every run. Choices with the first element come first. */
function addends<T extends { readonly bytes: readonly number[] }>(
  among: readonly T[],
  total: readonly number[],
): T[][] {
  if (total.every((bytes) => bytes === 0)) return [[]]
  const [first, ...remaining] = among
  if (first === undefined) return []
  const rest = total.map((bytes, i) => bytes - first.bytes[i]!)
  const usable = rest.every((bytes) => bytes >= 0) && !equal(rest, total)
  const withFirst = usable ? addends(remaining, rest).map((more) => [first, ...more]) : []
  return [...withFirst, ...addends(remaining, total)]
}
