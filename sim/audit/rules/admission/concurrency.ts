import type { Rule } from '../../findings.ts'
import { checkPoolLimit } from './pool-limit.ts'

export const concurrency: Rule = {
  rule: 'concurrency',
  promise:
    'a pool never exceeds its concurrency limit, and sheds no request for it below the limit',
  check(seen, found) {
    const limit = (pool: number) => seen.promises.pools[pool]!.admission.concurrencyLimit
    checkPoolLimit(seen, 'concurrency', limit, found)
  },
}
