import type { ArenaRun, GraphNode, NodeGraph, ProfiledNode } from './arena-log.ts'

/** Why the buffers of a model are not known. */
export class Unfit extends Error {}

/** A buffer: its number in the order in which they are taken, and its bytes in each run. */
export interface TakenBuffer {
  readonly number: number
  readonly bytes: readonly number[]
  /** node that took it */
  readonly by: string
  /** whether it comes out, and so stays until the run has ended */
  readonly output: boolean
}

/** What is so between two nodes. Copied where there is a choice. */
interface State {
  /** a buffer that is taken, or the number of one that is given back */
  readonly steps: (TakenBuffer | number)[]
  /** where each value that is still to be used lies */
  readonly places: Map<string, TakenBuffer>
  /** those that hold nothing any more and were kept, in the order in which they died */
  kept: readonly TakenBuffer[]
  /** those that died with the node before */
  died: readonly TakenBuffer[]
  taken: number
}

/** Ops whose output is their input, whoever else may still use it. */
const ALIASES = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity'])

/** Ops that write over their input where nobody else uses it, before they look elsewhere. */
const IN_PLACE = new Set(
  (
    'Abs Cast Ceil Elu Erf Exp Floor Gelu HardSigmoid LeakyRelu Log LogSoftmax Neg Reciprocal ' +
    'Relu Selu Sigmoid Softmax Softplus Softsign Sqrt Tanh ThresholdedRelu'
  ).split(' '),
)

/** Ways that are tried before a model is given up. */
const MOST_WAYS = 10_000

/**
 * What a model takes and gives back in turn, by the profiles of runs of several shapes side by side
 * and by the graph. The profile tells how many bytes. Which buffers those are follows from what the
 * planner of ONNX Runtime does (allocation_planner.cc): a buffer is given back right after the last
 * use of what is in it, unless a later value goes there; and a value that takes no memory goes
 * where one of the same bytes died, the last one if there are several, or over an input. Which of
 * these kernels differ in; what does not fit what is given back later is not what happened.
 */
export class BufferWalk {
  readonly #graph: NodeGraph
  readonly #runs: readonly ArenaRun[]
  /** number of the node that uses a value last */
  readonly #lastUse = new Map<string, number>()
  #ways = 0

  /** `runs` have the same nodes. Throws `Unfit` where the graph has others. */
  constructor(graph: NodeGraph, runs: readonly ArenaRun[]) {
    this.#graph = graph
    this.#runs = runs
    const ops = ({ op }: { readonly op: string }) => op
    // both in the order in which nodes run; names may be missing, or be those of several
    if (graph.nodes.map(ops).join() !== runs[0]!.nodes.map(ops).join()) {
      throw new Unfit('the graph has other nodes than the profile')
    }
    for (const [i, { inputs }] of graph.nodes.entries()) {
      for (const input of inputs) this.#lastUse.set(input, i)
    }
  }

  /** Throws `Unfit` where the profiles are not such as such a planner makes. */
  steps(reserved: readonly number[]): State['steps'] {
    const weights = reserved.reduce((sum, bytes) => sum + bytes, 0)
    const state: State = { steps: [], places: new Map(), kept: [], died: [], taken: 0 }
    return this.#from(0, state, weights)
  }

  #from(i: number, state: State, weights: number): State['steps'] {
    if (this.#ways++ > MOST_WAYS) throw new Unfit('there are too many ways to give memory back')
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

  /** What may be so after a node, what is likely first. */
  #ran(i: number, state: State, each: readonly ProfiledNode[]): State[] {
    const { name } = each[0]!
    const node = this.#graph.nodes[i]!
    const grown = each.map(({ requestedDelta }) => requestedDelta)
    if (grown.some((bytes) => bytes < 0)) throw new Unfit(`${name} frees memory while it runs`)
    const outputs = node.outputs.map((value, k) => ({
      value,
      bytes: each.map((one) => one.outputs[k] ?? Number.NaN),
    }))
    const [taken] = addends(outputs, grown)
    if (taken === undefined) throw new Unfit(`${name} takes other bytes than its outputs have`)
    let states = [state]
    for (const output of outputs) {
      states = states.flatMap((one) =>
        taken.includes(output)
          ? [placed(one, output.value, this.#taken(one, output, name))]
          : this.#reused(i, one, node, output),
      )
    }
    return states.map((one) => this.#left(i, one, node))
  }

  #taken({ taken }: State, { value, bytes }: Value, by: string): TakenBuffer {
    return { number: taken, bytes, by, output: this.#graph.outputs.includes(value) }
  }

  /** Where an output may lie that takes no memory; if nowhere, it is not in the arena. */
  #reused(i: number, state: State, { op, inputs }: GraphNode, { value, bytes }: Value): State[] {
    const same = (one: TakenBuffer | undefined) => one !== undefined && equal(one.bytes, bytes)
    const own = inputs.filter((input) => same(state.places.get(input)))
    const over = own.filter((input) => this.#lastUse.get(input) === i)
    const inputsFirst = ALIASES.has(op) ? own : IN_PLACE.has(op) ? over : []
    const dead = [...state.kept].reverse().filter(same)
    const places = [inputsFirst, dead, over].flatMap((among) =>
      among.map((one) => (typeof one === 'string' ? state.places.get(one)! : one)),
    )
    if (places.length === 0) return [state]
    return [...new Set(places)].map((place) => placed(state, value, place))
  }

  /** Values that are not used any more are gone, and where they lay perhaps nothing is left. */
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
    return { ...state, places, died: [...new Set(left)].filter((one) => !there.has(one)) }
  }

  /** What is left goes, but for what comes out. */
  #ended({ steps, places, kept, died }: State): State['steps'] {
    if (kept.length > 0) throw new Unfit('a buffer is kept although nothing goes there')
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

/** The state with a value in a buffer, which is new, or was kept, or holds others too. */
function placed(state: State, value: string, place: TakenBuffer): State {
  const fresh = place.number === state.taken
  return {
    ...state,
    steps: fresh ? [...state.steps, place] : state.steps,
    places: new Map([...state.places, [value, place]]),
    kept: state.kept.filter((one) => one !== place),
    taken: fresh ? state.taken + 1 : state.taken,
  }
}

/** What may have been given back before a node, by the profile. */
function releases(state: State, each: readonly ProfiledNode[], before: readonly number[]): State[] {
  const freed = each.map((one, i) => before[i]! - one.requested + one.requestedDelta)
  if (freed.some((bytes) => bytes < 0)) {
    throw new Unfit(`memory is taken before ${each[0]!.name} runs`)
  }
  return addends(state.died, freed).map((gone) => ({
    ...state,
    steps: [...state.steps, ...gone.map(({ number }) => number)],
    kept: [...state.kept, ...state.died.filter((one) => !gone.includes(one))],
    died: [],
  }))
}

const equal = (a: readonly number[], b: readonly number[]) => a.every((value, i) => value === b[i])

/** All choices that add up to `total` in every run, those with the first ones first. */
function addends<T extends { readonly bytes: readonly number[] }>(
  among: readonly T[],
  total: readonly number[],
): T[][] {
  if (total.every((bytes) => bytes === 0)) return [[]]
  const [first, ...others] = among
  if (first === undefined) return []
  const rest = total.map((bytes, i) => bytes - first.bytes[i]!)
  const usable = rest.every((bytes) => bytes >= 0) && !equal(rest, total)
  const found = usable ? addends(others, rest).map((more) => [first, ...more]) : []
  return [...found, ...addends(others, total)]
}
