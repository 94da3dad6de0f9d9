import type { Scenario, TrafficClass } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import { clientTimeoutOf, clientTimeoutPlan, inCamelCase, type Ms } from '../../serving/index.ts'
import { classArrivals, isClosed } from '../arrivals/arrival-processes.ts'
import type { SourceOptions } from '../arrivals/process-kind.ts'
import { type LengthDistribution, lengthDistribution } from '../lengths/lengths.ts'
import type { PrefixOf } from '../trace/trace-feed.ts'
import { CappedClients } from './capped-clients.ts'
import { type Clients, OpenClients } from './clients.ts'
import { durations } from './durations.ts'
import { ReactiveClients } from './reactive-clients.ts'

interface ClientsOptions extends SourceOptions {
  readonly lengths: LengthDistribution
  readonly outputs: LengthDistribution
}

const ONE_TURN: LengthDistribution = Object.freeze({ draw: () => 1 })

/** Whether requests of a class depend on the outcomes of earlier ones. */
function reacts({ arrivals, retry, session }: TrafficClass): boolean {
  return isClosed(arrivals) || retry !== undefined || session !== undefined
}

/** Whether requests wait at their clients while too many are in flight. */
const isCapped = ({ max_in_flight }: TrafficClass) => max_in_flight !== undefined

/**
 * Names of the classes whose clients react, have a limit of requests in flight or send copies, or
 * whose requests the proxy of a pool may send again.
 */
export function reactingClasses({ traffic, pools }: Scenario): string[] {
  const retried = ({ model }: TrafficClass) =>
    pools.some((pool) => pool.retry_policy && (model === undefined || pool.model === model))
  return traffic
    .filter(
      (entry) => reacts(entry) || isCapped(entry) || entry.hedge !== undefined || retried(entry),
    )
    .map((entry) => entry.class)
}

/** The clients of a class. They react to outcomes only if the scenario has reactions for them. */
export function classClients(traffic: TrafficClass, options: ClientsOptions): Clients {
  const { arrivals, retry, session } = traffic
  const { lengths, outputs, endMs, seed, replication, name } = options
  const first = classArrivals(arrivals, options)
  const prefixOf = prefixesOf(traffic, options)
  if (!reacts(traffic)) {
    const open = new OpenClients(first, lengths, outputs, prefixOf)
    const { max_in_flight: most } = traffic
    return most === undefined ? open : new CappedClients(open, most, clientTimeoutPlan(traffic))
  }
  const of = (purpose: string) => stream(seed, replication, `${purpose}:${name}`)
  const thinking = 'think_time_s' in arrivals ? arrivals.think_time_s : session?.think_time_s
  const timeouts = clientTimeoutPlan(traffic)
  const plan = {
    clientTimeout: (at: Ms, sending: number) => clientTimeoutOf(timeouts, at, sending),
    retry: retry === undefined ? null : inCamelCase(retry),
    turns: session === undefined ? ONE_TURN : lengthDistribution(session.turns, of('turns')),
    carryContext: session?.carry_context ?? false,
    sharedPrefixTokens: traffic.shared_prefix_tokens ?? 0,
    think: thinking === undefined ? () => 0 : durations(thinking, of('think')),
    closed: isClosed(arrivals),
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
