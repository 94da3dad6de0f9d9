import { answering, objectivesCompared } from '../answers.ts'
import { tailsOf } from '../charts.ts'
import { comparison, type Entry, type Group } from '../entry.ts'

type Systems = Parameters<typeof comparison>[0]['systems']

/** The tails of the systems, and what they hold of their objectives. */
const compared = (name: string, question: string, systems: Systems): Entry =>
  comparison({
    name,
    question,
    systems,
    show: (shown) => {
      const [one, ...others] = shown
      return {
        chart: tailsOf(shown),
        answer: objectivesCompared([answering(one), ...others.map(answering)]),
      }
    },
  })

const ROUTING = 'pools.central.queue.routing'

const lostReplica = compared(
  'lost-replica',
  'One of six replicas crashes, and health checks find it after 10 s. How many requests are lost, and does p99 hold?',
  [
    { scenario: 'lost-replica', label: 'as it is', phrase: 'as it is' },
    {
      scenario: 'lost-replica',
      label: 'checks every second',
      phrase: 'with checks every second',
      set: ['failures.0.detection_s=1'],
    },
    {
      scenario: 'lost-replica',
      label: 'round robin',
      phrase: 'with round robin',
      set: [`${ROUTING}=round-robin`],
    },
  ],
)

const OUTLIERS = 'pools.central.outlier_detection'

const greyFailure = compared(
  'grey-failure',
  'One replica of ten fails most of its batches, and later another one is slow. Does it help to eject replicas for what they fail?',
  [
    { scenario: 'grey-failure', label: 'as it is', phrase: 'as it is' },
    {
      scenario: 'grey-failure',
      label: 'as in Envoy',
      phrase: 'with outlier detection as in Envoy',
      set: [`${OUTLIERS}.policy=envoy-outlier`],
    },
    {
      scenario: 'grey-failure',
      label: 'as in Linkerd',
      phrase: 'with failure accrual as in Linkerd',
      set: [`${OUTLIERS}.policy=linkerd-accrual`],
    },
  ],
)

const lostSite = compared(
  'lost-site',
  'Of several sites one is lost for a while. Which router keeps the tail short for clients everywhere?',
  [
    { scenario: 'lost-site', label: 'the nearest', phrase: 'with the nearest site' },
    {
      scenario: 'lost-site',
      label: 'the least loaded',
      phrase: 'with the least loaded site',
      set: ['router={ policy: least-loaded }'],
    },
    {
      scenario: 'lost-site',
      label: 'any',
      phrase: 'with a random site',
      set: ['router={ policy: random }'],
    },
  ],
)

const edgeOrCentre = compared(
  'edge-or-centre',
  'Prompts for code and conversations go to small cards at the site, or to large ones in a centre 40 ms away. Up to which length should they stay?',
  [
    {
      scenario: 'edge-or-centre',
      label: 'up to 512 tokens',
      phrase: 'up to 512 tokens',
      set: ['router.threshold_tokens=512'],
    },
    {
      scenario: 'edge-or-centre',
      label: 'up to 1,000 tokens',
      phrase: 'up to 1,000 tokens',
    },
    {
      scenario: 'edge-or-centre',
      label: 'up to 1,200 tokens',
      phrase: 'up to 1,200 tokens',
      set: ['router.threshold_tokens=1200'],
    },
  ],
)

const sharedUplink = compared(
  'shared-uplink',
  'Short questions and large pictures share one uplink. What shortens the tail of the questions: fair shares of it, or a wider one?',
  [
    { scenario: 'shared-uplink', label: 'one by one', phrase: 'one after another' },
    {
      scenario: 'shared-uplink',
      label: 'fair shares',
      phrase: 'with fair shares',
      set: ['networks.0.sharing=fair'],
    },
    {
      scenario: 'shared-uplink',
      label: 'twice as wide',
      phrase: 'with an uplink twice as wide',
      set: ['networks.0.bandwidth_mbps=40'],
    },
  ],
)

const BREAKER = 'pools.central.circuit_breakers.max_requests=40'

const proxyRetries = compared(
  'proxy-retries',
  'A replica fails most of its requests for 20 s, and clients try again. Does the service get over it, with a proxy that retries or with a circuit breaker?',
  [
    { scenario: 'proxy-retries', label: 'no proxy', phrase: 'without a proxy' },
    {
      scenario: 'proxy-retries',
      label: 'retries',
      phrase: 'with retries by the proxy',
      set: ['pools.central.retry_policy={ num_retries: 3 }'],
    },
    {
      scenario: 'proxy-retries',
      label: 'circuit breaker',
      phrase: 'with a circuit breaker',
      set: [BREAKER],
    },
  ],
)

export const fleet: Group = {
  title: 'Fleets',
  entries: [lostReplica, greyFailure, proxyRetries, lostSite, sharedUplink, edgeOrCentre],
}
