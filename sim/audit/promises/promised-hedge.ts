import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** The promises about copies of requests; times in ms. */
export interface PromisedHedge {
  readonly tied: boolean
  readonly maxAttempts: number
  /** from one copy to the next; null where it is learnt from latencies */
  readonly afterMs: number | null
  readonly budget: { readonly ratio: number; readonly burst: number } | null
  readonly throttling: { readonly maxTokens: number; readonly tokenRatio: number } | null
  /** no copy is due from here on */
  readonly untilMs: number
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
    budget: budget ?? null,
    throttling: throttling
      ? { maxTokens: throttling.max_tokens, tokenRatio: throttling.token_ratio }
      : null,
    untilMs,
  }
}
