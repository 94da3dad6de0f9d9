import type { TrafficClass } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import { clientTimeoutOf, clientTimeoutPlan, type Ms } from '../../serving/index.ts'
import type { ArrivalProcess } from '../arrivals/arrivals.ts'
import { type ArrivalsOptions, classArrivals } from '../arrivals/class-arrivals.ts'
import { type LengthDistribution, lengthDistribution } from '../lengths/lengths.ts'
import type { PrefixOf } from '../trace/trace-feed.ts'
import type { RetryPlan } from './backoff.ts'
import { type Clients, OpenClients } from './clients.ts'
import { durations } from './durations.ts'
import { reacts } from './reacting.ts'
import { ReactiveClients } from './reactive-clients.ts'

interface ClientsOptions extends ArrivalsOptions {
  readonly lengths: LengthDistribution
  readonly outputs: LengthDistribution
}

const ONE_TURN: LengthDistribution = Object.freeze({ draw: () => 1 })

/** The clients of a class. They react to outcomes only if the scenario has reactions for them. */
export function classClients(traffic: TrafficClass, options: ClientsOptions): Clients {
  const { arrivals, retry, session } = traffic
  const { lengths, outputs, endMs, seed, replication, name } = options
  const closed = arrivals.process === 'closed-loop'
  const first = closed ? firstThoughts(traffic, options) : classArrivals(arrivals, options)
  const prefixOf = prefixesOf(traffic, options)
  if (!reacts(traffic)) return new OpenClients(first, lengths, outputs, prefixOf)
  const of = (purpose: string) => stream(seed, replication, `${purpose}:${name}`)
  const thinking = closed ? arrivals.think_time_s : session?.think_time_s
  const patience = clientTimeoutPlan(traffic)
  const plan = {
    patience: (at: Ms, sending: number) => clientTimeoutOf(patience, at, sending),
    retry: retry === undefined ? null : retryPlan(retry),
    turns: session === undefined ? ONE_TURN : lengthDistribution(session.turns, of('turns')),
    carryContext: session?.carry_context ?? false,
    sharedPrefixTokens: traffic.shared_prefix_tokens ?? 0,
    think: thinking === undefined ? () => 0 : durations(thinking, of('think')),
    closed,
    endMs,
  }
  return new ReactiveClients(plan, first, lengths, outputs, prefixOf)
}

/** Prompt prefixes, where lengths and prefixes both are those of a trace's rows. */
function prefixesOf(traffic: TrafficClass, { feed }: ClientsOptions): PrefixOf | null {
  const { arrivals, input_tokens: lengths } = traffic
  if (arrivals.process !== 'trace' || arrivals.format !== 'mooncake' || feed === null) return null
  const asRecorded = lengths.distribution === 'trace' && arrivals.length_scale === 1
  return asRecorded ? () => feed.prefix() : null
}

/** Users of a closed loop start with a think time, drawn as all later ones. */
function firstThoughts({ arrivals }: TrafficClass, options: ClientsOptions): ArrivalProcess {
  if (arrivals.process !== 'closed-loop') throw new Error('Expected users of a closed loop')
  const { seed, replication, name, endMs } = options
  const think = durations(arrivals.think_time_s, stream(seed, replication, `arrivals:${name}`))
  const times = Float64Array.from({ length: arrivals.users }, think).sort()
  let next = 0
  return {
    next(): Ms {
      const at = times[next++] ?? Number.POSITIVE_INFINITY
      return at < endMs ? at : Number.POSITIVE_INFINITY
    },
  }
}

function retryPlan(retry: NonNullable<TrafficClass['retry']>): RetryPlan {
  return {
    maxAttempts: retry.max_attempts,
    backoffMs: retry.backoff_ms,
    multiplier: retry.multiplier,
    maxBackoffMs: retry.max_backoff_ms ?? Number.POSITIVE_INFINITY,
    jitter: retry.jitter,
    budget: retry.budget ?? null,
  }
}
