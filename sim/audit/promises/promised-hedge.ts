import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { FAILED, SHED, TIMED_OUT } from '../evidence/raw-rows.ts'

/** The promises about copies of requests; times in ms. */
export interface PromisedHedge {
  readonly tied: boolean
  readonly maxAttempts: number
  /** from one copy to the next; null where it is learnt from latencies */
  readonly afterMs: number | null
  /** outcomes of the row format that end the request; absent for none */
  readonly fatal?: readonly number[]
  readonly budget: { readonly ratio: number; readonly burst: number } | null
  readonly throttling: { readonly maxTokens: number; readonly tokenRatio: number } | null
  /** no copy is due from here on */
  readonly untilMs: number
}

const CODES = [
  ['failed', FAILED],
  ['shed', SHED],
  ['timed_out', TIMED_OUT],
] as const

/** All failures but those that are listed; none where there is no list. */
function fatalOf(listed: readonly string[] | undefined): readonly number[] {
  if (listed === undefined) return []
  return CODES.flatMap(([name, code]) => (listed.includes(name) ? [] : code))
}

export function promisedHedge(
  { hedge }: Scenario['traffic'][number],
  untilMs: number,
): PromisedHedge | undefined {
  if (hedge === undefined) return undefined
  if (hedge.policy === 'tied') {
    const afterMs = hedge.delay_ms
    return { tied: true, maxAttempts: 2, afterMs, budget: null, throttling: null, untilMs }
  }
  const { throttling, budget } = hedge
  return {
    tied: false,
    maxAttempts: hedge.max_attempts,
    afterMs: hedge.after_ms ?? null,
    fatal: fatalOf(hedge.non_fatal),
    budget: budget ?? null,
    throttling: throttling
      ? { maxTokens: throttling.max_tokens, tokenRatio: throttling.token_ratio }
      : null,
    untilMs,
  }
}
