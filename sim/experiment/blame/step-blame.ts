import type { Ms } from '../../serving/index.ts'
import type { RowColumns, StepRow } from '../../stats/index.ts'
import type { StepLaw } from '../../world/index.ts'
import { type RowDelays, rowDelays } from './step-delays.ts'

/** What requests with a slot of an engine waited for others, of their time in it. */
export interface InsideTimes {
  prompts: Ms
  decodes: Ms
  /** the parts of both before the first token */
  readonly first: { prompts: Ms; decodes: Ms }
  /** all steps while it had a slot */
  slot: Ms
}

/** Steps of an engine, as they delay requests in the queue while a slot is free. */
export interface EngineRun {
  readonly executor: number
  readonly started: Ms
  readonly ended: Ms
  /** shares of a wait meanwhile that are due to prompts and decoded sequences; up to 1 together */
  readonly prompts: number
  readonly decodes: number
  /** both by group of the requests that they are of */
  readonly weights: Float64Array
  /** time that requests waited meanwhile, of which this engine has its share: by the stall clock */
  waitedMs: Ms
}

interface StepBlameInput {
  readonly steps: readonly StepRow[]
  readonly rows: RowColumns
  readonly lawOf: (executor: number) => StepLaw
  readonly groups: number
  readonly groupOf: (key: number) => number
  readonly isCounted: (key: number) => boolean
}

/** Divides what the steps of a run's engines took among the requests that they were longer for. */
export class StepBlame {
  readonly runs: readonly EngineRun[]
  /** by request key, of all that had a slot */
  readonly inside = new Map<number, InsideTimes>()
  /** time that others waited for a request, by key */
  readonly caused = new Map<number, Ms>()
  /** by blamed group, then by group of those that waited, ms */
  readonly flows: readonly Float64Array[]
  /** by group: counted requests that it delayed */
  readonly victims: readonly Set<number>[]
  readonly #input: StepBlameInput
  readonly #rows: readonly { readonly row: StepRow; readonly delays: RowDelays }[]

  constructor(input: StepBlameInput) {
    this.#input = input
    const { groups } = input
    this.flows = Array.from({ length: groups }, () => new Float64Array(groups))
    this.victims = Array.from({ length: groups }, () => new Set<number>())
    this.#rows = input.steps.map((row) => ({
      row,
      delays: rowDelays(row, input.lawOf(row.executor)),
    }))
    this.runs = this.#rows.map(({ row, delays }) => this.#runOf(row, delays))
    for (const { row, delays } of this.#rows) this.#divide(row, delays)
  }

  /** Blames what the stall clock found on single requests; called once it has run. */
  blameWaits(): void {
    for (const [i, { waitedMs, prompts, decodes }] of this.runs.entries()) {
      if (!(waitedMs > 0)) continue
      const { row } = this.#rows[i]!
      for (const { key, tokens } of row.prompts) {
        this.#add(key, (waitedMs * prompts * tokens) / tokensOf(row))
      }
      for (const key of row.generating) this.#add(key, (waitedMs * decodes) / row.generating.length)
    }
  }

  #runOf(row: StepRow, { outside }: RowDelays): EngineRun {
    const { executor, started, ended, waitsForBlocks } = row
    const took = ended - started
    const weights = new Float64Array(this.#input.groups)
    const none = waitsForBlocks || !(took > 0)
    const prompts = none || row.prompts.length === 0 ? 0 : outside.prompts / took
    const decodes = none || row.generating.length === 0 ? 0 : outside.decodes / took
    for (const { key, tokens } of row.prompts) {
      weights[this.#input.groupOf(key)]! += (prompts * tokens) / tokensOf(row)
    }
    for (const key of row.generating) {
      weights[this.#input.groupOf(key)]! += decodes / row.generating.length
    }
    return { executor, started, ended, prompts, decodes, weights, waitedMs: 0 }
  }

  #divide(row: StepRow, { members }: RowDelays): void {
    const { groupOf, isCounted, rows } = this.#input
    const took = row.ended - row.started
    const tokens = tokensOf(row)
    const tokensOfKey = new Map(row.prompts.map((prompt) => [prompt.key, prompt.tokens]))
    const generating = new Set(row.generating)
    // the last one of a static batch has the others beside it, although they are done
    const alone = row.generating.length === 1 ? row.generating[0]! : -1
    const byTokens = this.#sums(row.prompts)
    const byDecodes = this.#sums(row.generating.map(oneToken))
    const byIdle = this.#sums(row.idle.map(oneToken))
    let [promptsEach, decodesEach, idleEach] = [0, 0, 0]
    const ownPrompt = new Map<number, Ms>()
    const ownDecode = new Map<number, Ms>()
    for (const { key, ...delay } of members) {
      const times = this.#timesOf(key)
      times.slot += took
      const ownTokens = tokensOfKey.get(key) ?? 0
      const isOne = generating.has(key) ? 1 : 0
      const others = key === alone ? row.idle.length : generating.size - isOne
      const prompts = tokens > ownTokens ? delay.prompts : 0
      const decoding = others > 0 ? delay.decodes : 0
      times.prompts += prompts
      times.decodes += decoding
      if (row.ended <= rows.firstToken[key]!) {
        times.first.prompts += prompts
        times.first.decodes += decoding
      }
      if (!isCounted(key)) continue
      const group = groupOf(key)
      if (prompts > 0) {
        const each = prompts / (tokens - ownTokens)
        promptsEach += each
        ownPrompt.set(key, each)
        this.#flow(key, group, each, byTokens, ownTokens)
      }
      if (!(decoding > 0)) continue
      const each = decoding / others
      if (key === alone) {
        idleEach = each
        this.#flow(key, group, each, byIdle, 0)
      } else {
        decodesEach += each
        if (isOne === 1) ownDecode.set(key, each)
        this.#flow(key, group, each, byDecodes, isOne)
      }
    }
    for (const { key, tokens: n } of row.prompts) {
      this.#add(key, n * (promptsEach - (ownPrompt.get(key) ?? 0)))
    }
    for (const key of row.generating) this.#add(key, decodesEach - (ownDecode.get(key) ?? 0))
    for (const key of row.idle) this.#add(key, idleEach)
  }

  /** A request waited so long for each token or sequence; `ownAmount` of them are its own. */
  #flow(key: number, group: number, each: Ms, amounts: Float64Array, ownAmount: number): void {
    for (const [g, amount] of amounts.entries()) {
      const ms = each * (amount - (g === group ? ownAmount : 0))
      if (!(ms > 0)) continue
      this.flows[g]![group]! += ms
      this.victims[g]!.add(key)
    }
  }

  #sums(of: readonly { readonly key: number; readonly tokens: number }[]): Float64Array {
    const sums = new Float64Array(this.#input.groups)
    for (const { key, tokens } of of) sums[this.#input.groupOf(key)]! += tokens
    return sums
  }

  #timesOf(key: number): InsideTimes {
    const earlier = this.inside.get(key)
    if (earlier !== undefined) return earlier
    const times = { prompts: 0, decodes: 0, first: { prompts: 0, decodes: 0 }, slot: 0 }
    this.inside.set(key, times)
    return times
  }

  #add(key: number, ms: Ms): void {
    if (ms > 0) this.caused.set(key, (this.caused.get(key) ?? 0) + ms)
  }
}

const oneToken = (key: number) => ({ key, tokens: 1 })

const tokensOf = ({ prompts }: StepRow) => prompts.reduce((sum, { tokens }) => sum + tokens, 0)
