import type { Rule } from '../../findings.ts'
import { checkPoolLimit } from './pool-limit.ts'

export const concurrency: Rule = {
  rule: 'concurrency',
  promise:
    'a pool never exceeds its concurrency limit, and sheds no request for it below the limit',
  settings: ['concurrency'],
  check(evidence, findings) {
    const limits = (pool: number, _key: number, sent: number) => {
      const { concurrencyLimit } = evidence.promises.pools[pool]!.admission
      return evidence.settings.boundsAt(pool, 'concurrency', concurrencyLimit, sent)
    }
    checkPoolLimit(evidence, 'concurrency', limits, findings)
  },
}
