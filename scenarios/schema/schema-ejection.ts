import * as z from 'zod'
import { branch, count, kind, lazy, nonNegative, positive } from './schema-values.ts'

/** Replicas that get no requests for a while after they have failed some. */

const percent = z.number().min(0).max(100)

const timeouts = z
  .enum(['count', 'ignore'])
  .default('count')
  .describe(
    'Whether a request that its queue or its client timed out is a failure of its replica; if ' +
      'not, it is neither a failure nor a success. It is counted when it ends.',
  )

const enforcing = (of: string, value: 0 | 100) =>
  z
    .literal([0, 100])
    .default(value)
    .describe(`Whether replicas are ejected by ${of}: 100 for yes, 0 for no.`)

const envoy = branch({ policy: 'envoy-outlier' }, () =>
  z.strictObject({
    policy: kind(
      'envoy-outlier',
      'Outlier detection as in Envoy, with its names and defaults: failures in a row eject a ' +
        'replica at once, success rates do so at the end of an interval.',
    ),
    consecutive_5xx: count
      .max(1e6)
      .default(5)
      .describe('The failed requests in a row after which a replica is ejected.'),
    interval_s: positive
      .max(1e6)
      .default(10)
      .describe(
        'The time between two analyses, which compare success rates and bring replicas back.',
      ),
    base_ejection_time_s: positive
      .max(1e7)
      .default(30)
      .describe(
        'The time of a first ejection. It is multiplied by the ejections in a row; healthy ' +
          'intervals lower that number again.',
      ),
    max_ejection_time_s: positive
      .max(1e7)
      .optional()
      .describe(
        'The longest ejection; by default 300 s, or `base_ejection_time_s` if it is longer.',
      )
      .meta({ examples: [300] }),
    max_ejection_percent: percent
      .default(10)
      .describe(
        'The most replicas that may be ejected at one time, in per cent of those that are up. Of ' +
          'fewer than 10 replicas the default ejects none, unless `always_eject_one_host` is true.',
      ),
    always_eject_one_host: z
      .boolean()
      .default(false)
      .describe('Whether one replica may be ejected whatever `max_ejection_percent` is.'),
    success_rate_minimum_hosts: count
      .default(5)
      .describe('The replicas with enough requests in an interval that success rates need.'),
    success_rate_request_volume: count
      .default(100)
      .describe('The requests in an interval that make the success rate of a replica count.'),
    success_rate_stdev_factor: nonNegative
      .max(1000)
      .default(1.9)
      .describe(
        'A replica is ejected if its success rate is below the mean by more than this many ' +
          'standard deviations. Envoy states it in thousandths: 1900.',
      ),
    enforcing_consecutive_5xx: enforcing('failures in a row', 100),
    enforcing_success_rate: enforcing('success rates', 100),
    failure_percentage_threshold: percent
      .default(85)
      .describe('The share of failed requests in an interval, in per cent, that ejects a replica.'),
    failure_percentage_minimum_hosts: count
      .default(5)
      .describe('The replicas with enough requests in an interval that failure percentages need.'),
    failure_percentage_request_volume: count
      .default(50)
      .describe('The requests in an interval that make the failure percentage of a replica count.'),
    enforcing_failure_percentage: enforcing('failure percentages', 0),
    panic_threshold_percent: percent
      .default(50)
      .describe(
        'Ejections are ignored while fewer replicas than this take requests, in per cent of those ' +
          'that are up. At 0 they never are, and requests are refused if all replicas are ejected.',
      ),
    timeouts,
  }),
)

const linkerd = branch({ policy: 'linkerd-accrual' }, () =>
  z.strictObject({
    policy: kind(
      'linkerd-accrual',
      'Failure accrual as in Linkerd: after failures in a row a replica gets no request for a ' +
        'penalty, then one as a probe, whose outcome decides. There is no limit and no panic.',
    ),
    max_failures: count
      .max(1e6)
      .default(7)
      .describe('The failed requests in a row after which a replica gets no request.'),
    min_penalty_s: positive
      .max(1e7)
      .default(1)
      .describe('The first penalty; it doubles with every probe that fails.'),
    max_penalty_s: positive.max(1e7).default(60).describe('The longest penalty.'),
    jitter_ratio: nonNegative
      .max(100)
      .default(0.5)
      .describe('The most that is added to a penalty at random, as a share of it.'),
    timeouts,
  }),
)

export const ejection = lazy(() =>
  z
    .discriminatedUnion('policy', [envoy, linkerd])
    .describe(
      'When replicas that fail requests get none for a while. Pools with a queue per replica have ' +
        'it, as their router chooses a replica.',
    ),
)
