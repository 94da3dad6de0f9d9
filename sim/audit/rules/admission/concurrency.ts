import type { Evidence } from '../../evidence/evidence.ts'
import type { Findings } from '../../findings.ts'
import type { Rule } from '../../rule.ts'
import { checkPoolLimit } from './pool-limit.ts'

export const concurrency: Rule = {
  rule: 'concurrency',
  promise:
    'no more requests are in a pool than its limit; none is shed by it while there are fewer',
  check(seen: Evidence, found: Findings) {
    const limit = (pool: number) => seen.promises.pools[pool]!.admission.concurrencyLimit
    checkPoolLimit(seen, 'concurrency', limit, found)
  },
}
