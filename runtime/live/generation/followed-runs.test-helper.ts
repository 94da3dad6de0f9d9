import { expect } from 'vitest'
import { Random } from '../../../sim/kernel/index.ts'
import type { KvUse, Observer, Requests } from '../../../sim/serving/index.ts'
import { ANY_CLASS } from '../../../sim/serving/index.ts'
import {
  CONTINUOUS,
  planOf,
  requestsOf,
  type SmallSystem,
  serve,
} from '../../../test/small-system.ts'
import type { WholeDecoder } from '../../models/onnx.ts'
import { tokensOf } from './prompt-tokens.ts'
import type { BlockCounts, StepOrder, SteppedRun } from './sequence-runner.ts'

const SHARED = 32

/** Sizes of a system. */
interface Busy {
  readonly requests: number
  readonly kv: { readonly blocks: number; readonly blockTokens: number; readonly prefixCache: true }
}

/** Prompts of one class that begin alike, more than its cache holds, in chunks beside answers. */
export function busySystem({ requests, kv }: Busy): SmallSystem {
  const random = new Random('busy')
  const below = (end: number) => Math.floor(end * random.uniform())
  const each = Array.from({ length: requests }, () => {
    return { length: 20 + below(120), output: 20 + below(70) }
  })
  let at = 0
  return {
    plan: planOf(
      [
        {
          generation: {
            ...CONTINUOUS,
            maxSequences: 10,
            tokenBudget: 40,
            kv: { ...kv, watermark: 0, contiguous: false },
          },
        },
      ],
      { classes: [{ ...ANY_CLASS, sharedPrefixTokens: SHARED }] },
    ),
    requests: requestsOf(
      each.map(() => (at += 60 * random.exponential())),
      { lengths: each.map(({ length }) => length), outputs: each.map(({ output }) => output) },
    ),
    work: [
      {
        law: 'generation',
        base_ms: 5,
        per_sequence_ms: 0.1,
        per_prefill_token_ms: 0.02,
        per_context_token_ms: 0.001,
      },
    ],
  }
}

/** An operation before it is known which answers came. */
type Planned =
  | { readonly kind: 'join'; readonly sequence: number; readonly context: number }
  | { readonly kind: 'chunk'; readonly sequence: number; readonly tokens: number }
  | { readonly kind: 'leave'; readonly sequence: number; readonly done: boolean }

interface PlannedRun {
  readonly operations: readonly Planned[]
  readonly steps: number
  readonly decodes: boolean
  readonly use: Pick<KvUse, 'used' | 'kept' | 'free'>
}

/** The runs of the only engine of a simulation, sequences named by the keys of their requests. */
function runsOf(system: SmallSystem): { runs: PlannedRun[]; preemptions: number } {
  const runs: PlannedRun[] = []
  const operations: Planned[] = []
  let preemptions = 0
  const came = new Map<number, number>()
  const observing = (requests: Requests): Observer => {
    const keyOf = (request: number) => requests.key[request]!
    let ended: Omit<PlannedRun, 'use'> | null = null
    let before: Planned[] = []
    const decoding = new Set<number>()
    let completing: number[] = []
    return {
      slotTaken(_, request) {
        const context = requests.inputTokens[request]! + (came.get(keyOf(request)) ?? 0)
        operations.push({ kind: 'join', sequence: keyOf(request), context })
      },
      prompted(_, request, tokens, left) {
        operations.push({ kind: 'chunk', sequence: keyOf(request), tokens })
        if (left === 0) completing.push(keyOf(request))
      },
      slotLeft(_, request) {
        const key = keyOf(request)
        const done = came.get(key) === requests.outputTokens[request]
        if (!done) preemptions++
        decoding.delete(key)
        completing = completing.filter((each) => each !== key)
        operations.push({ kind: 'leave', sequence: key, done })
      },
      stepped(_, { steps, decodes }) {
        ended = { operations: before, steps, decodes: decodes > 0 }
        before = []
        if (decodes > 0) for (const key of decoding) came.set(key, came.get(key)! + steps)
        for (const key of completing) {
          came.set(key, (came.get(key) ?? 0) + 1)
          decoding.add(key)
        }
        completing = []
      },
      kv(_, { used, kept, free }) {
        if (ended !== null) runs.push({ ...ended, use: { used, kept, free } })
        // an engine that has nothing to do begins no run
        else before.push(...operations.splice(0))
        ended = null
      },
    }
  }
  serve(system, { observe: observing })
  return { runs, preemptions }
}

type Ran = Pick<SteppedRun, 'steps' | 'answers'> & { readonly counts: BlockCounts }

/** What an executor answered, and what it had to do. */
interface Served {
  /** of each request, its prompt and its answer */
  readonly tokens: readonly (readonly number[])[]
  readonly preemptions: number
  /** runs in which sequences decode beside prompts */
  readonly mixed: number
}

/** Has an executor follow the only engine of a simulation, whose blocks it must have. */
export async function followed(
  system: SmallSystem,
  vocabulary: number,
  run: (order: StepOrder) => Promise<Ran>,
): Promise<Served> {
  const { runs, preemptions } = runsOf(system)
  const { inputTokens, outputTokens } = system.requests.columns
  const tokens = Array.from(inputTokens, (length, key) => {
    const content = { class: 0, key, prefix: null, sharedTokens: SHARED }
    return [...tokensOf(content, length, vocabulary)]
  })
  let mixed = 0
  for (const { operations, steps, decodes, use } of runs) {
    const order: StepOrder = {
      ...{ fresh: false, factor: 1 },
      steps,
      decodes,
      operations: operations.map((operation) => {
        if (operation.kind !== 'join') return operation
        const { sequence: key, context } = operation
        expect(context).toBe(tokens[key]!.length)
        const most = inputTokens[key]! + outputTokens[key]! - 1
        const ids = Int32Array.from(tokens[key]!)
        return {
          ...operation,
          ids,
          common: Math.min(SHARED, inputTokens[key]!),
          reserved: context,
          most,
        }
      }),
    }
    const { steps: ran, answers, counts } = await run(order)
    expect(ran).toBe(steps)
    expect(counts).toEqual(use)
    for (const { sequence, token } of answers) tokens[sequence]!.push(token)
    if (decodes && operations.some(({ kind }) => kind === 'chunk')) mixed++
  }
  for (const [key, own] of tokens.entries()) {
    expect(own.length).toBe(inputTokens[key]! + outputTokens[key]!)
  }
  return { tokens, preemptions, mixed }
}

/**
 * Compares answers with those of whole recomputations: how many there are, how many differ, and by
 * how much less likely the least likely of these is.
 */
export async function compared(
  { requests }: SmallSystem,
  { tokens }: Pick<Served, 'tokens'>,
  whole: WholeDecoder,
): Promise<{ readonly total: number; readonly different: number; readonly behind: number }> {
  let [total, different, most] = [0, 0, 0]
  for (const [key, own] of tokens.entries()) {
    const wanted = await whole.run(own, own.slice(1))
    for (let i = requests.columns.inputTokens[key]!; i < own.length; i++) {
      total++
      const { token, behind } = wanted[i - 1]!
      if (token === own[i]) continue
      different++
      most = Math.max(most, behind)
    }
  }
  return { total, different, behind: most }
}
