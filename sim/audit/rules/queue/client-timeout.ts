import type { ClassPlan } from '../../../serving/index.ts'
import type { Evidence } from '../../evidence/evidence.ts'
import { ABANDONED, FAILED, REDUNDANT, SERVED } from '../../evidence/raw-rows.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'

export const clientTimeout: Rule = {
  rule: 'client-timeout',
  promise: 'a request that ends before its client timeout is served; otherwise it is abandoned',
  on: 'sends',
  check(evidence, findings) {
    checkLeaving(evidence, findings)
    const { rows, batches, answered } = evidence
    for (const { members } of batches) {
      for (const key of members) {
        // the rule on copies checks which of them is redundant
        if (rows.outcome[key] === FAILED || rows.outcome[key] === REDUNDANT) continue
        const at = answered[key]!
        const inTime = at < rows.leaves[key]!
        findings.check(rows.outcome[key] === (inTime ? SERVED : ABANDONED), [key], () => {
          const expected = inTime ? 'served' : 'abandoned'
          const times = `${ms(at)}, with a client timeout at ${ms(rows.leaves[key]!)}`
          return `ended at ${times}; expected outcome: ${expected}`
        })
      }
    }
  },
}

/** Clients leave at their timeout; where it is drawn, it is the same for all parts of a request. */
function checkLeaving({ rows, classOf }: Evidence, findings: Findings): void {
  for (let key = 0; key < rows.at.length; key++) {
    const promised = classOf(key)
    const [least, most] = timeoutRange(promised)
    if (least === Number.POSITIVE_INFINITY && rows.leaves[key] === least) continue
    findings.checked++
    const [at, leaves] = [rows.at[key]!, rows.leaves[key]!]
    if (!(leaves >= at + least && leaves <= at + most)) {
      const range = least === most ? ms(least) : `${ms(least)} to ${ms(most)}`
      findings.violated(
        [key],
        () => `client timeout at ${ms(leaves)}; expected ${ms(at)} plus ${range}`,
      )
    } else if (rows.part[key]! > 0 && rows.copyOf[key]! < 0 && leaves !== rows.leaves[key - 1]) {
      const before = ms(rows.leaves[key - 1]!)
      findings.violated(
        [key - 1, key],
        () => `parts of one request, but another client timeout, at ${before}`,
      )
    }
  }
}

function timeoutRange({ clientTimeoutMs, drawnClientTimeout: drawn }: ClassPlan): [number, number] {
  if (drawn === null) return [clientTimeoutMs, clientTimeoutMs]
  if (drawn.distribution === 'fixed') return [drawn.value, drawn.value]
  if (drawn.distribution === 'uniform') return [drawn.min, drawn.max]
  return [0, Number.MAX_VALUE]
}
