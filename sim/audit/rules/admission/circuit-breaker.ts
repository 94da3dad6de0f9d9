import { arrivals, type Evidence } from '../../evidence/evidence.ts'
import { firstAbove, firstAtLeast } from '../../evidence/sorted.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { admissionDecision } from './refused.ts'

export const circuitBreaker: Rule = {
  rule: 'circuit-breaker',
  promise: 'a proxy refuses a request exactly where its pool has reached a threshold',
  check(evidence, findings) {
    const refused = ({ rows }: Evidence, key: number) =>
      admissionDecision(rows, key, 'overflow') === 'refused'
    for (const [index, pool] of evidence.promises.pools.entries()) {
      // rows do not show when a request left a prefill pool
      if (pool.generation?.handOver != null) continue
      const shed = evidence.queues.some(
        (queue) => queue.poolIndex === index && queue.shed.some((key) => refused(evidence, key)),
      )
      if (pool.admission.circuitBreaker !== undefined || shed) checkPool(evidence, index, findings)
    }
  },
}

/** Numbers of requests at an instant, in the order of events that gives the fewest or the most. */
type Range = readonly [least: number, most: number]

function checkPool(evidence: Evidence, index: number, findings: Findings): void {
  const { rows, left, gone, queues, promises } = evidence
  const { perReplicaQueues, admission } = promises.pools[index]!
  const thresholds = admission.circuitBreaker
  const poolQueues = queues.filter(({ poolIndex }) => poolIndex === index)
  const joined = poolQueues.flatMap((queue) => queue.joined).sort((a, b) => a - b)
  const ran = joined.filter((key) => rows.batch[key]! >= 0)
  const times = (keys: readonly number[], of: Float64Array) =>
    Float64Array.from(keys, (key) => of[key]!).sort()
  const [leaving, going] = [times(joined, left), times(joined, gone)]
  const [begun, ended] = [times(ran, left), times(ran, gone)]
  const between = (up: Float64Array, down: Float64Array, at: number): Range => [
    firstAtLeast(up, at) - firstAbove(down, at),
    firstAbove(up, at) - firstAtLeast(down, at),
  ]
  let came = 0
  for (const { key, sent, queue } of arrivals(evidence)) {
    if (queue.poolIndex !== index) continue
    while (joined[came]! < key) came++
    const since = (times: Float64Array): Range => [
      came - firstAbove(times, sent),
      came - firstAtLeast(times, sent),
    ]
    const pending: Range = perReplicaQueues ? [0, 0] : since(leaving)
    const atReplicas = perReplicaQueues ? since(going) : between(begun, ended, sent)
    const decision = admissionDecision(rows, key, 'overflow')
    if (decision === null) continue
    const place = 'in the pool'
    if (thresholds === undefined) {
      const text = () => `shed by a circuit breaker at ${ms(sent)}, but there is none ${place}`
      findings.check(decision === 'passed', [key], text)
      continue
    }
    const { maxPendingRequests, maxRequests } = thresholds
    const reached = (i: 0 | 1) => pending[i] >= maxPendingRequests || atReplicas[i] >= maxRequests
    findings.check(decision === 'passed' ? !reached(0) : reached(1), [key], () => {
      const what = decision === 'passed' ? 'admitted' : 'shed by a circuit breaker'
      const numbers = `${pending.join(' to ')} pending and ${atReplicas.join(' to ')} at replicas`
      return `${what} at ${ms(sent)}, with ${numbers} ${place}`
    })
  }
}
