import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Observer, Requests } from '../../../sim/serving/index.ts'
import { topologyOf } from '../../../sim/serving/index.ts'
import { generatingSystem } from '../../../test/random-generation.ts'
import { type SmallSystem, serve } from '../../../test/small-system.ts'
import { BlockTables } from './block-tables.ts'
import { PendingOperations } from './pending-operations.ts'

/** As large as that of a real model, so that tokens are alike only where prompts are. */
const VOCABULARY = 32_000

/** A sequence on an executor that follows what the control plane does. */
interface Sequence {
  /** in its cache once its prompt is computed */
  context: number
  decodes: boolean
}

/**
 * The blocks of executors that follow the control plane of a simulated run, compared with its
 * ledger at every boundary of steps.
 */
class Followed implements Observer {
  compared = 0
  hits = 0
  readonly #pending: PendingOperations
  readonly #requests: Requests
  readonly #tables: BlockTables[]
  readonly #sequences = new Map<number, Map<number, Sequence>>()
  /** by request slot, tokens that have come */
  readonly #generated = new Map<number, number>()
  /** by executor, prompts that are computed whole by the run under way */
  readonly #completing: number[][] = []
  /** by executor, those of a run that has ended */
  readonly #computed: number[][] = []
  /** executors whose run has just ended */
  readonly #ended = new Set<number>()

  constructor({ plan }: SmallSystem, requests: Requests) {
    const vocabularies = plan.pools.map(() => VOCABULARY)
    this.#pending = new PendingOperations({ plan, requests, vocabularies })
    this.#requests = requests
    const poolOf = [...topologyOf(plan).poolOf]
    this.#tables = poolOf.map((pool) => new BlockTables(plan.pools[pool]!.generation!.kv))
  }

  arrived(now: number, request: number): void {
    this.#pending.arrived(now, request)
    this.#generated.set(request, 0)
  }

  /** A sequence has so many answers more, whatever they are. */
  #came(request: number, count: number): void {
    const answers = Array.from({ length: count }, () => ({
      sequence: request,
      token: 7,
      margin: 1,
    }))
    this.#pending.came(answers)
    this.#generated.set(request, this.#generated.get(request)! + count)
  }

  slotTaken(executor: number, request: number, missing: number): void {
    this.#settle(executor)
    this.#pending.slotTaken(executor, request)
    const [join, ...others] = this.#pending.take(executor).operations
    if (join?.kind !== 'join' || others.length > 0) throw new Error('Expected one to join')
    const { ids, context, common, reserved } = join
    const hit = this.#tables[executor]!.join(request, {
      ids: ids.subarray(0, common),
      find: context - 1,
      tokens: reserved,
    })
    expect(context - hit).toBe(missing)
    this.hits += hit
    const sequences = this.#sequences.get(executor) ?? new Map<number, Sequence>()
    this.#sequences.set(executor, sequences)
    sequences.set(request, { context, decodes: false })
  }

  prompted(executor: number, request: number, _: number, left: number): void {
    this.#settle(executor)
    if (left > 0) return
    this.#completing[executor] ??= []
    this.#completing[executor].push(request)
  }

  stepped(
    _: number,
    run: { readonly executor: number; readonly steps: number; readonly decodes: number },
  ): void {
    const { executor, steps, decodes } = run
    const tables = this.#tables[executor]!
    for (const [request, sequence] of this.#sequences.get(executor) ?? []) {
      if (!sequence.decodes || decodes === 0) continue
      const left = this.#requests.outputTokens[request]! - this.#generated.get(request)!
      const tokens = Math.min(steps, left)
      sequence.context += tokens
      this.#came(request, tokens)
      tables.hold(request, sequence.context)
    }
    this.#ended.add(executor)
    this.#computed[executor] = this.#completing[executor] ?? []
    this.#completing[executor] = []
  }

  kv(
    _: number,
    use: {
      readonly executor: number
      readonly used: number
      readonly kept: number
      readonly free: number
    },
  ): void {
    if (!this.#ended.delete(use.executor)) this.#settle(use.executor)
    const { used, kept, free } = this.#tables[use.executor]!
    expect([used, kept, free]).toEqual([use.used, use.kept, use.free])
    this.compared++
  }

  slotLeft(executor: number, request: number): void {
    this.#settle(executor)
    const sequence = this.#sequences.get(executor)!.get(request)!
    this.#pending.slotLeft(executor, request)
    const [leave] = this.#pending.take(executor).operations
    if (leave?.kind !== 'leave') throw new Error('Expected one to leave')
    if (leave.done && sequence.decodes) this.#tables[executor]!.computed(request, sequence.context)
    this.#tables[executor]!.leave(request)
    this.#sequences.get(executor)!.delete(request)
    this.#completing[executor] = (this.#completing[executor] ?? []).filter(
      (each) => each !== request,
    )
  }

  /** Prompts of the run that has ended have their first token, and begin to decode. */
  #settle(executor: number): void {
    for (const request of this.#computed[executor] ?? []) {
      const sequence = this.#sequences.get(executor)?.get(request)
      if (sequence === undefined) continue
      this.#came(request, 1)
      this.#tables[executor]!.computed(request, sequence.context)
      sequence.decodes = true
    }
    this.#computed[executor] = []
  }
}

/** Its engines have a cache that ends, and nothing is swapped out. */
const isLive = ({ plan }: SmallSystem) =>
  plan.pools.every(({ generation }) => {
    const { kv, swapMsPerToken } = generation!
    return kv.blocks < Number.POSITIVE_INFINITY && swapMsPerToken === null
  })

describe.each(['continuous', 'static'] as const)('%s engines', (policy) => {
  test('have the blocks of the ledger at every boundary, whatever happens', () => {
    let [compared, hits] = [0, 0]
    fc.assert(
      fc.property(generatingSystem({ policy }).filter(isLive), (system) => {
        let followed: Followed | null = null
        serve(system, {
          observe: (requests) => {
            followed = new Followed(system, requests)
            return followed
          },
        })
        const { compared: times, hits: found } = followed!
        compared += times
        hits += found
      }),
      { numRuns: 200 },
    )
    expect(compared).toBeGreaterThan(1000)
    if (policy === 'continuous') expect(hits).toBeGreaterThan(1000)
  })
})
