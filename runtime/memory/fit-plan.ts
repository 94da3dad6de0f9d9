import type { ActivationPlan, ActivationStep } from '../../sim/memory/index.ts'
import type { ModelFile } from '../models/index.ts'
import type { ArenaLog, ArenaRun, ProfiledNode } from './arena-log.ts'
import { BytesFit } from './fit-bytes.ts'

/** A buffer: its number in the order in which they are taken, and its bytes in each run. */
interface Buffer {
  readonly number: number
  readonly bytes: readonly number[]
  /** node that took it */
  readonly by: string
}

/** What is the matter, where no plan fits. */
export type FoundPlan = { readonly plan: ActivationPlan } | { readonly problem: string }

/**
 * The plan of a model by the profile of one run of each of several shapes without the memory
 * pattern: what each node took, and what was given back before it. The profile tells bytes, not
 * which buffers: of those that add up in every run the fewest and oldest are taken. What a kernel
 * takes and gives back while it runs is not in the profile, so not in the plan.
 */
export function fitPlan({ reserved, runs }: ArenaLog, inputs: ModelFile['inputs']): FoundPlan {
  const walk = new Walk(reserved, runs)
  const names = runs.map(({ nodes }) => nodes.map(({ name }) => name).join())
  if (names.some((one) => one !== names[0]))
    return { problem: 'not every shape runs the same nodes' }
  try {
    for (const i of runs[0]!.nodes.keys()) walk.node(runs.map(({ nodes }) => nodes[i]!))
    const ends = walk.ends()
    const fit = new BytesFit(runs.map(({ shape }) => shape))
    const steps = walk.steps.map((step): ActivationStep => {
      if (typeof step === 'number') return { free: step }
      const take = fit.of(step.bytes)
      if (take === null) throw new Unfit(unfitText(step, runs))
      return { take, kind: ends.includes(step) ? 'output' : 'activation' }
    })
    const dimensions = inputs.map(({ shape }) => [...shape])
    return { plan: { weights: [...reserved], steps, inputs: dimensions } }
  } catch (error) {
    if (error instanceof Unfit) return { problem: error.message }
    throw error
  }
}

class Unfit extends Error {}

function unfitText({ by, bytes }: Buffer, runs: readonly ArenaRun[]): string {
  const sizes = runs.map(({ shape: [b, l] }, i) => `${bytes[i]} at ${b} x ${l}`)
  const text = `no polynomial of batch and length gives the bytes that ${by} takes`
  return `${text} (a pad_to may make lengths such as it needs): ${sizes.join(', ')}`
}

/** Goes through the nodes of all runs side by side. */
class Walk {
  /** a buffer that is taken, or the number of one that is given back */
  readonly steps: (Buffer | number)[] = []
  readonly #runs: readonly ArenaRun[]
  #live: Buffer[] = []
  #requested: readonly number[]
  #taken = 0

  constructor(reserved: readonly number[], runs: readonly ArenaRun[]) {
    const weights = reserved.reduce((sum, bytes) => sum + bytes, 0)
    this.#runs = runs
    this.#requested = runs.map(() => weights)
  }

  /** The same node in every run. */
  node(each: readonly ProfiledNode[]): void {
    const { name } = each[0]!
    const freed = each.map((one, i) => this.#requested[i]! - one.requested + one.requestedDelta)
    if (freed.some((bytes) => bytes < 0)) throw new Unfit(`memory is taken before ${name} runs`)
    if (freed.some((bytes) => bytes > 0)) {
      const buffers = fewestAdding(this.#live, freed)
      if (buffers === null) throw new Unfit(`no buffers add up to what is freed before ${name}`)
      for (const buffer of buffers) this.#free(buffer)
    }
    const grown = each.map(({ requestedDelta }) => requestedDelta)
    const outputs = each[0]!.outputs.map((_, k) => each.map((one) => one.outputs[k] ?? Number.NaN))
    if (grown.some((bytes) => bytes < 0)) throw new Unfit(`${name} frees memory while it runs`)
    if (grown.some((bytes) => bytes > 0)) {
      for (const bytes of addends(outputs, grown) ?? [grown]) this.#take(bytes, name)
    }
    this.#requested = each.map(({ requested }) => requested)
  }

  /** Gives back all that is left but what comes out, which stays: those buffers. */
  ends(): Buffer[] {
    const ends = this.#runs[0]!.outputs.map((_, k) => {
      const bytes = this.#runs.map(({ outputs }) => outputs[k]!)
      return this.#live.findLast((one) => equal(one.bytes, bytes))
    })
    const stay = ends.filter((one) => one !== undefined)
    if (new Set(stay).size < ends.length) throw new Unfit('an output is in no buffer of its own')
    for (const buffer of this.#live.filter((one) => !stay.includes(one))) this.#free(buffer)
    return stay
  }

  #take(bytes: readonly number[], by: string): void {
    const buffer = { number: this.#taken++, bytes, by }
    this.#live.push(buffer)
    this.steps.push(buffer)
  }

  #free(buffer: Buffer): void {
    this.#live = this.#live.filter((one) => one !== buffer)
    this.steps.push(buffer.number)
  }
}

const equal = (a: readonly number[], b: readonly number[]) => a.every((value, i) => value === b[i])
const less = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value - b[i]!)

function fewestAdding(live: readonly Buffer[], bytes: readonly number[]): Buffer[] | null {
  for (let count = 1; count <= live.length; count++) {
    const found = adding(live, bytes, count)
    if (found !== null) return found
  }
  return null
}

/** So many buffers that add up to the bytes in every run, the oldest if there are several. */
function adding(
  among: readonly Buffer[],
  bytes: readonly number[],
  count: number,
): Buffer[] | null {
  if (count === 0) return bytes.every((left) => left === 0) ? [] : null
  for (const [i, one] of among.entries()) {
    const rest = less(bytes, one.bytes)
    if (rest.some((left) => left < 0)) continue
    const others = adding(among.slice(i + 1), rest, count - 1)
    if (others !== null) return [one, ...others]
  }
  return null
}

/** Those of `sizes` that add up to `total` in every run, in their order; null where none do. */
function addends(
  sizes: readonly (readonly number[])[],
  total: readonly number[],
): (readonly number[])[] | null {
  if (total.every((bytes) => bytes === 0)) return []
  const [first, ...others] = sizes
  if (first === undefined) return null
  const rest = less(total, first)
  const usable = first.some((bytes) => bytes > 0) && rest.every((bytes) => bytes >= 0)
  const found = usable ? addends(others, rest) : null
  return found === null ? addends(others, total) : [first, ...found]
}
