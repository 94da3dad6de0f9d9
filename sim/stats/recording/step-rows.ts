import type { Batch, Ms, Observer, Requests, StepRun } from '../../serving/index.ts'

/** A run of steps of an engine with the requests in it, by their keys. */
export interface StepRow {
  readonly executor: number
  readonly started: Ms
  readonly ended: Ms
  readonly steps: number
  /** sequences that the steps decode, those of a static batch that are done included */
  readonly decodes: number
  /** tokens in their KV caches before the first step */
  readonly context: number
  /** requests that have a token with each step, and what each has in the KV cache before them */
  readonly generating: readonly number[]
  readonly contexts: readonly number[]
  /** tokens that are computed as prompts; of a static batch with its padding */
  readonly promptTokens: number
  readonly prompts: readonly { readonly key: number; readonly tokens: number }[]
  /** requests that have a slot, and nothing of these steps */
  readonly idle: readonly number[]
  /** requests waited for blocks of the KV cache, although there were slots */
  readonly waitsForBlocks: boolean
}

interface Member {
  readonly key: number
  /** its prompt has been computed */
  decodes: boolean
}

/** Collects the steps of all engines, in simulated runs and where a decision log is fed back. */
export class StepRecorder implements Observer {
  /** in the order in which they ended */
  readonly rows: StepRow[] = []
  readonly #requests: Requests
  /** by executor: requests with a slot, and prompts of the next run */
  readonly #members: Map<number, Member>[] = []
  readonly #prompts: { request: number; key: number; tokens: number; left: number }[][] = []
  /** tokens that have come out, by request */
  readonly #generated = new Map<number, number>()

  constructor(requests: Requests) {
    this.#requests = requests
  }

  slotTaken(executor: number, request: number, missing: number): void {
    const members = (this.#members[executor] ??= new Map())
    members.set(request, { key: this.#requests.key[request]!, decodes: missing === 0 })
  }

  slotLeft(executor: number, request: number): void {
    this.#members[executor]!.delete(request)
  }

  prompted(executor: number, request: number, tokens: number, left: number): void {
    const key = this.#requests.key[request]!
    const prompts = (this.#prompts[executor] ??= [])
    prompts.push({ request, key, tokens, left })
  }

  stepped(now: Ms, run: StepRun): void {
    const { executor, steps, decodes, context, prefillTokens, waitsForBlocks, started } = run
    const members = this.#members[executor] ?? new Map<number, Member>()
    const prompts = this.#prompts[executor] ?? []
    this.#prompts[executor] = []
    const generating: number[] = []
    const contexts: number[] = []
    const idle: number[] = []
    const inPrompt = new Set(prompts.map(({ request }) => request))
    for (const [request, member] of members) {
      if (inPrompt.has(request)) continue
      const generated = this.#generated.get(request) ?? 0
      const goesOn = generated < this.#requests.outputTokens[request]!
      if (!member.decodes || decodes === 0 || !goesOn) {
        idle.push(member.key)
        continue
      }
      generating.push(member.key)
      // the last token that came out is not in the cache yet
      contexts.push(this.#requests.inputTokens[request]! + generated - 1)
      this.#generated.set(request, generated + steps)
    }
    for (const { request, left } of prompts) {
      const member = members.get(request)
      if (left > 0 || member === undefined) continue
      member.decodes = true
      this.#generated.set(request, (this.#generated.get(request) ?? 0) + 1)
    }
    this.rows.push({
      executor,
      started,
      ended: now,
      steps,
      decodes,
      context,
      generating,
      contexts,
      promptTokens: prefillTokens,
      prompts: prompts.map(({ key, tokens }) => ({ key, tokens })),
      idle,
      waitsForBlocks,
    })
  }

  /** A request has ended; its slot of the table, and of a lost engine, is free for another one. */
  batch(_now: Ms, { executor, members, size }: Batch): void {
    for (const request of members.subarray(0, size)) {
      this.#generated.delete(request)
      const memberSet = this.#members[executor]
      if (memberSet?.delete(request) === true) this.#prompts[executor] = []
    }
  }
}
