import { comparison, variedScenario } from '../comparison.ts'
import type { Group } from '../entry.ts'

const lost = variedScenario('lost-replica')
const lostReplica = comparison({
  question:
    'One of six replicas crashes, and health checks find it after 10 s. How many requests are lost, and does p99 hold?',
  systems: [
    lost('as it is', 'as it is'),
    lost('checks every second', 'with checks every second', 'failures.0.detection_s=1'),
    lost('round robin', 'with round robin', 'pools.central.queue.routing=round-robin'),
  ],
})

const OUTLIERS = 'pools.central.outlier_detection.policy'
const grey = variedScenario('grey-failure')
const greyFailure = comparison({
  question:
    'One replica of ten fails most of its batches, and later another one is slow. Does it help to eject replicas for what they fail?',
  systems: [
    grey('as it is', 'as it is'),
    grey('as in Envoy', 'with outlier detection as in Envoy', `${OUTLIERS}=envoy-outlier`),
    grey('as in Linkerd', 'with failure accrual as in Linkerd', `${OUTLIERS}=linkerd-accrual`),
  ],
})

const site = variedScenario('lost-site')
const lostSite = comparison({
  question:
    'Of several sites one is lost for a while. Which router keeps the tail short for clients everywhere?',
  systems: [
    site('the nearest', 'with the nearest site'),
    site('the least loaded', 'with the least loaded site', 'router={ policy: least-loaded }'),
    site('any', 'with a random site', 'router={ policy: random }'),
  ],
})

const upTo = (tokens: string, ...set: readonly string[]) =>
  variedScenario('edge-or-centre')(`up to ${tokens} tokens`, `up to ${tokens} tokens`, ...set)

const edgeOrCentre = comparison({
  question:
    'Prompts for code and conversations go to small cards at the site, or to large ones in a centre 40 ms away. Up to which length should they stay?',
  systems: [
    upTo('512', 'router.threshold_tokens=512'),
    upTo('1,000'),
    upTo('1,200', 'router.threshold_tokens=1200'),
  ],
})

const uplink = variedScenario('shared-uplink')
const sharedUplink = comparison({
  question:
    'Short questions and large pictures share one uplink. What shortens the tail of the questions: fair shares of it, or a wider one?',
  systems: [
    uplink('one by one', 'one after another'),
    uplink('fair shares', 'with fair shares', 'networks.0.sharing=fair'),
    uplink('twice as wide', 'with an uplink twice as wide', 'networks.0.bandwidth_mbps=40'),
  ],
})

const RETRIES = 'pools.central.retry_policy={ num_retries: 3 }'
const BREAKER = 'pools.central.circuit_breakers.max_requests=40'
const proxy = variedScenario('proxy-retries')
const proxyRetries = comparison({
  question:
    'A replica fails most of its requests for 20 s, and clients try again. Does the service get over it, with a proxy that retries or with a circuit breaker?',
  systems: [
    proxy('no proxy', 'without a proxy'),
    proxy('retries', 'with retries by the proxy', RETRIES),
    proxy('circuit breaker', 'with a circuit breaker', BREAKER),
  ],
})

export const fleet: Group = {
  title: 'Fleets',
  entries: [lostReplica, greyFailure, proxyRetries, lostSite, sharedUplink, edgeOrCentre],
}
