import * as z from 'zod'
import { duration } from './schema-duration.ts'
import { lazy, name, nonNegative, positive } from './schema-values.ts'

/** Places, and the networks between them. */

export const place = lazy(() =>
  z
    .strictObject({
      name: name.describe('The name of the place, for `place` of classes and pools.'),
    })
    .describe(
      'A place: an edge site, a region or a centre. Within a place, networks take no time.',
    ),
)

const outage = lazy(() =>
  z
    .strictObject({
      at_s: nonNegative
        .describe('When the outage begins, from the start of the traffic.')
        .meta({ examples: [60] }),
      for_s: positive.describe('How long the outage lasts.').meta({ examples: [20] }),
    })
    .describe('A time in which the network loses every message that is sent on it.'),
)

/** How messages share a bandwidth. */
export const sharing = z
  .enum(['fifo', 'fair'])
  .optional()
  .describe(
    'How messages share the bandwidth: `fifo` sends one after another, `fair` gives each of n an ' +
      'n-th of it (processor sharing), as TCP does about. Without it, `fifo`.',
  )
  .meta({ examples: ['fair'] })

export const network = lazy(() =>
  z
    .strictObject({
      between: z
        .tuple([name.describe('The name of a place.'), name.describe('The name of another place.')])
        .describe('The two places that the network connects, in both directions.')
        .meta({ examples: [['shop', 'centre']] }),
      latency_ms: duration.describe(
        'The time of a message one way, at any load: requests and answers each take a draw of it.',
      ),
      bandwidth_mbps: positive
        .optional()
        .describe(
          'The bandwidth of each direction in 10^6 bit/s, which messages with a size share. Without ' +
            'it, their size takes no time.',
        )
        .meta({ examples: [100] }),
      sharing,
      loss: z
        .number()
        .min(0)
        .max(0.9)
        .default(0)
        .describe('The probability that a message is lost each time that it is sent.'),
      retransmit_ms: positive
        .default(200)
        .describe(
          'The time after which a lost message is sent again. It doubles with each loss, up to ' +
            '60 s (RFC 6298, section 5); 200 ms is the least timeout of Linux.',
        ),
      outages: z
        .array(outage)
        .max(1000)
        .default([])
        .describe(
          'Times in which every message is lost. Routers see an outage at once and choose another ' +
            'place where there is one.',
        )
        .meta({ examples: [[{ at_s: 60, for_s: 20 }]] }),
    })
    .describe('The network between two places.'),
)

export const link = lazy(() =>
  z
    .strictObject({
      delay_ms: nonNegative
        .default(0)
        .describe(
          'The time of each request on the link at any load, one way, in parallel with others.',
        ),
      per_request_ms: nonNegative
        .default(0)
        .describe('The time for which each request occupies the link, one after another.'),
    })
    .describe(
      'A network from the clients of all classes to the queues of all pools, where the way back takes ' +
        'no time. Its time must be above 0 and shorter than any fixed client timeout and deadline.',
    ),
)
