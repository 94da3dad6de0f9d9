import { replicasText, scalingPolicy } from './scaling-policy.ts'

/** The same number of replicas at all times. */
export const fixed = scalingPolicy<'fixed', null>({
  kind: 'fixed',
  intervalMs: () => Number.POSITIVE_INFINITY,
  needs: () => [],
  begin: () => null,
  decide: ({ replicas }) => ({ replicas, reason: `fixed at ${replicasText(replicas)}` }),
})
