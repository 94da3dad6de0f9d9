import { type Batch, computedLength, type Ms, type StepRun } from '../../serving/index.ts'
import { poolHardware } from '../simulation/hardware.ts'
import { type MeasuredRanges, rangesToLeave } from '../transfer/measured-ranges.ts'
import { NOT_RECORDED, type RecordedFamily } from './family.ts'

/**
 * Work of a pool that lies beyond what its times were measured at, from the end of the warm-up on.
 * Above a range it is the part of a batch that is beyond: of a batch of 16, measured up to 8, half
 * of its time. Below a range a batch takes no longer than the smallest measured one, so it is what
 * that one takes more.
 */
export interface Extrapolated {
  /** time of all batches and steps, ms */
  readonly ms: Ms
  readonly above: Ms
  readonly below: Ms
  /** the largest sizes above their ranges; 0 for none */
  readonly batch: number
  readonly length: number
  readonly prefill: number
}

/**
 * By pool; null for one that has no measured times, or stays within them. Only verdicts need it, so
 * it is not recorded where nothing is judged.
 */
export const extrapolation: RecordedFamily<(Extrapolated | null)[] | null> = {
  start({ scenario, simulated, poolOf, warmupMs }) {
    const isJudged = Object.values(scenario.slo).some((texts) => texts.length > 0)
    if (simulated === null || !isJudged) return NOT_RECORDED
    const { input } = simulated
    const ranges = scenario.pools.map((_, pool) => rangesToLeave(input, pool))
    if (ranges.every((range) => range === null)) return NOT_RECORDED
    const hardware = poolHardware(input)
    const pools = ranges.map((range, pool) => range && new MeasuredWork(range, hardware[pool]!))
    const generates = scenario.pools.map((pool) => pool.generation !== undefined)
    const batch = (_now: Ms, ended: Batch) => {
      const pool = poolOf[ended.executor]!
      // a generating request is a batch of its own, whose work is in steps
      if (!generates[pool] && ended.dispatched >= warmupMs) pools[pool]?.batch(ended)
    }
    const stepped = (now: Ms, run: StepRun) => {
      if (run.started >= warmupMs) pools[poolOf[run.executor]!]?.steps(run, now - run.started)
    }
    const summary = () => pools.map((work) => work?.summary() ?? null)
    return { observers: [{ batch, stepped }], summary }
  },
}

/** Adds the work of replications, or of runs; null where none has any. */
export function allExtrapolated(each: readonly (Extrapolated | null)[]): Extrapolated | null {
  const known = each.filter((work) => work !== null)
  if (known.length === 0) return null
  return known.reduce((a, b) => ({
    ms: a.ms + b.ms,
    above: a.above + b.above,
    below: a.below + b.below,
    batch: Math.max(a.batch, b.batch),
    length: Math.max(a.length, b.length),
    prefill: Math.max(a.prefill, b.prefill),
  }))
}

type PoolHardware = ReturnType<typeof poolHardware>[number]

class MeasuredWork {
  readonly #ranges: MeasuredRanges
  readonly #hardware: PoolHardware
  #ms: Ms = 0
  #above: Ms = 0
  #below: Ms = 0
  readonly #largest = { batch: 0, length: 0, prefill: 0 }

  constructor(ranges: MeasuredRanges, hardware: PoolHardware) {
    this.#ranges = ranges
    this.#hardware = hardware
  }

  batch(batch: Batch): void {
    const ms = batch.ended - batch.started
    const { size } = batch
    const length = computedLength(batch)
    this.#ms += ms
    this.#above += ms * (1 - this.#within('batch', size) * this.#within('length', length))
    const [from, long] = [this.#atLeast('batch', size), this.#atLeast('length', length)]
    if (from === size && long === length) return
    const { work } = this.#hardware
    this.#below += ms * more(work.mean(from, long), work.mean(size, length))
  }

  steps(run: StepRun, ms: Ms): void {
    const { decodes, prefills, prefillTokens, context, steps } = run
    // contexts grow by a token a step
    const length = decodes > 0 ? context / decodes + (steps - 1) / 2 : 0
    const within =
      this.#within('batch', decodes) *
      this.#within('length', length) *
      this.#within('prefill', prefillTokens)
    this.#ms += ms
    this.#above += ms * (1 - within)
    // few tokens of prompts only add to the time of the sequences that decode
    const { steps: law } = this.#hardware
    if (decodes === 0 || law === null) return
    const [from, long] = [this.#atLeast('batch', decodes), this.#atLeast('length', length)]
    if (from === decodes && long === length) return
    const timeOf = (sequences: number, tokens: number) =>
      law.stepMs({ prefills, prefillTokens, decodes: sequences, context: sequences * tokens })
    this.#below += ms * more(timeOf(from, long), timeOf(decodes, length))
  }

  summary(): Extrapolated {
    return { ms: this.#ms, above: this.#above, below: this.#below, ...this.#largest }
  }

  /** The part of a size that is within its range. */
  #within(what: keyof MeasuredRanges, size: number): number {
    const range = this.#ranges[what]
    if (range === null || size <= range.high) return 1
    this.#largest[what] = Math.max(this.#largest[what], size)
    return range.high / size
  }

  #atLeast(what: keyof MeasuredRanges, size: number): number {
    return Math.max(this.#ranges[what]?.low ?? 0, size)
  }
}

/** By which share a time is longer than another one; 0 where it is not. */
const more = (longer: Ms, ms: Ms) => (ms > 0 ? Math.max(0, longer / ms - 1) : 0)
