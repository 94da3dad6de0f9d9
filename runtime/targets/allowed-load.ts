import { EXIT, Failure } from '../../scenarios/index.ts'
import type { LoadLimits } from './call-limit.ts'

/** Options of each command that loads servers. */
export interface AllowOptions {
  /** machines beside this one that may be loaded */
  readonly allowHost?: readonly string[] | undefined
  /** most calls in any second to each server */
  readonly maxRps?: number | undefined
  /** how long servers may be loaded, from when the scenario was read, s */
  readonly maxSeconds?: number | undefined
  /** an answer that takes longer stops a calibration; default: any that comes in time may */
  readonly maxLatencyMs?: number | undefined
}

/** What the user of a command allows to be sent to servers. */
export interface AllowedLoad {
  /** names or addresses of machines beside this one, with a port or for all ports */
  readonly hosts: readonly string[]
  /** null: as much as the scenario has, of servers on this machine */
  readonly limits: LoadLimits | null
  /** of an answer while a server is calibrated; null: its time-out */
  readonly longestMs: number | null
}

export const HERE_ONLY: AllowedLoad = { hosts: [], limits: null, longestMs: null }

/** Of the calls that are allowed in a second: its arrivals cluster, and must not wait here. */
const OF_BUSIEST_SECOND = 0.5

/** The most traffic that a calibration sends to a server, requests/s in the mean. */
export function mostTraffic({ limits }: AllowedLoad = HERE_ONLY): number {
  return limits === null ? Number.POSITIVE_INFINITY : OF_BUSIEST_SECOND * limits.perSecond
}

/** Throws `Failure` where another machine would be loaded without limits, or a limit is missing. */
export function allowedLoad({
  allowHost = [],
  maxRps,
  maxSeconds,
  maxLatencyMs,
}: AllowOptions): AllowedLoad {
  const longestMs = maxLatencyMs ?? null
  const hosts = allowHost.map((host) => host.toLowerCase())
  if (maxRps !== undefined && maxSeconds !== undefined) {
    const untilNs = process.hrtime.bigint() + BigInt(Math.round(1e9 * maxSeconds))
    return { hosts, limits: { perSecond: maxRps, seconds: maxSeconds, untilNs }, longestMs }
  }
  if (hosts.length === 0 && maxRps === undefined && maxSeconds === undefined) {
    return { ...HERE_ONLY, longestMs }
  }
  const text = 'servers are loaded with two limits: add --max-rps N and --max-seconds S'
  throw new Failure(hosts.length > 0 ? `--allow-host: ${text}` : text, EXIT.usage)
}
