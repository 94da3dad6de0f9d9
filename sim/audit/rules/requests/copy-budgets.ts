import type { Evidence } from '../../evidence/evidence.ts'
import { pushbackOf } from '../../evidence/pushback.ts'
import { FAILED, SERVED, SHED, TIMED_OUT } from '../../evidence/raw-rows.ts'
import { type Findings, ms } from '../../findings.ts'

/** Checks that classes send no more copies than their budgets and tokens allow. */
export function checkBudgets(evidence: Evidence, findings: Findings): void {
  for (const [index, { hedge }] of evidence.promises.classes.entries()) {
    if (hedge === undefined) continue
    if (hedge.budget !== null) checkBudget(evidence, index, hedge.budget, findings)
    if (hedge.throttling !== null) {
      const { throttling, fatal = [] } = hedge
      checkThrottling(evidence, index, { ...throttling, fatal }, findings)
    }
  }
}

/** Each request adds `ratio` to a full budget of `burst`, each copy takes 1. */
function checkBudget(
  { rows }: Evidence,
  index: number,
  { ratio, burst }: { readonly ratio: number; readonly burst: number },
  findings: Findings,
): void {
  let left = burst
  for (const [key, first] of rows.copyOf.entries()) {
    if (rows.class[key] !== index) continue
    if (first < 0) left = Math.min(burst, left + ratio)
    // sums of fractions are rounded
    else findings.check(--left >= -1e-6 * burst, [key], () => `a copy was sent without budget`)
  }
}

/** Failures take 1 of the tokens, answers add some; copies need more than half of them. */
function checkThrottling(
  evidence: Evidence,
  index: number,
  {
    maxTokens,
    tokenRatio,
    fatal,
  }: {
    readonly maxTokens: number
    readonly tokenRatio: number
    readonly fatal: readonly number[]
  },
  findings: Findings,
): void {
  const { rows, answered } = evidence
  const ratio = Math.round(1000 * tokenRatio)
  const full = 1000 * maxTokens
  const keys = [...rows.at.keys()].filter((key) => rows.class[key] === index)
  const changes = keys.flatMap((key) => {
    const outcome = rows.outcome[key]!
    const failed = outcome === SHED || outcome === FAILED || outcome === TIMED_OUT
    // a fatal failure says nothing about the load of the server, unless it allows no further copy
    const forbidsCopies = (pushbackOf(evidence, key) ?? 0) < 0
    if ((fatal.includes(outcome) && !forbidsCopies) || (!failed && outcome !== SERVED)) return []
    return [{ at: answered[key]!, by: failed ? -1000 : ratio }]
  })
  changes.sort((a, b) => a.at - b.at || b.by - a.by)
  const sent = keys.filter((key) => rows.copyOf[key]! >= 0)
  sent.sort((a, b) => rows.sent[a]! - rows.sent[b]!)
  let tokens = full
  let next = 0
  for (const key of sent) {
    const at = rows.sent[key]!
    for (; next < changes.length && changes[next]!.at < at; next++) {
      tokens = Math.max(0, Math.min(full, tokens + changes[next]!.by))
    }
    // answers at this very instant may have come before
    let most = tokens
    for (let i = next; i < changes.length && changes[i]!.at === at && changes[i]!.by > 0; i++) {
      most = Math.min(full, most + changes[i]!.by)
    }
    const text = () => `a copy was sent at ${ms(at)} with ${most / 1000} of ${maxTokens} tokens`
    findings.check(most > full / 2, [key], text)
  }
}
