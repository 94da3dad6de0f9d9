import { hashedUniform } from '../../kernel/index.ts'
import type { Ms } from '../ports.ts'
import type { RetryPlan } from './retry-plan.ts'

const PURPOSE = 0x165667b1

/**
 * Envoy's fully jittered exponential back-off (docs, configuration/http/http_filters/router_filter,
 * x-envoy-max-retries): before the `retry`-th retry, from 1, uniform in [0, (2^retry - 1) * base),
 * where the upper end is at most the maximum interval.
 */
export function retryBackOff(
  { baseIntervalMs, maxIntervalMs }: Pick<RetryPlan, 'baseIntervalMs' | 'maxIntervalMs'>,
  retry: number,
  uniform: number,
): Ms {
  return uniform * Math.min(maxIntervalMs, (2 ** retry - 1) * baseIntervalMs)
}

/** The draw for the retry after an attempt: a hash of the key of that attempt. */
export const retryJitter = (key: number): number => hashedUniform(key, PURPOSE)
