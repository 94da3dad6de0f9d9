import { Failure, type Pool } from '../../scenarios/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import { type AllowedLoad, HERE_ONLY } from './allowed-load.ts'
import { type HeaderTexts, headerProblems } from './call-headers.ts'
import type { LoadLimits } from './call-limit.ts'
import type { OipTarget } from './oip-client.ts'

/** A server, and whether it gets batches, or the single requests that it forms batches of. */
export interface PoolTarget extends OipTarget {
  readonly role: 'executor' | 'server'
  /** null: no limits */
  readonly limits: LoadLimits | null
  /** how many threads share the limits */
  readonly parts: number
}

/** What is believed of a server that forms batches, as far as a salvo depends on it. */
export interface Salvo {
  readonly replicas: number
  readonly maxBatch: number
  /** how long a batch that is not full waits for others */
  readonly windowMs: Ms
}

/**
 * The server of a pool; null where its batches are run here. Throws `Failure` where it is on
 * another machine that the user has not named: a server must not be loaded by a slip.
 */
export function targetOf(
  { name, target, model }: Pool,
  { hosts, limits }: AllowedLoad = HERE_ONLY,
): PoolTarget | null {
  if (target === undefined) return null
  const { url, role, version = null, timeout_s, headers = {} } = target
  const at = `pools.${name}.target`
  const { protocol, hostname, host } = new URL(url)
  if (!isHere(hostname)) {
    if (!hosts.includes(hostname) && !hosts.includes(host)) {
      const text = `${hostname} is another machine, which is loaded only with`
      const options = `--allow-host ${hostname} --max-rps N --max-seconds S`
      throw new Failure(`${at}.url: ${text} ${options}`)
    }
    expectCovered(headers, protocol, at)
  }
  const problems = headerProblems(headers)
  if (problems.length > 0) throw new Failure(problems.map((text) => `${at}.headers: ${text}`))
  const timeoutMs = 1000 * timeout_s
  return { url, role, model: target.model ?? model, version, timeoutMs, headers, limits, parts: 1 }
}

/** The same target for each of so many threads that load it at once. */
export const shared = (target: PoolTarget, parts: number): PoolTarget => ({ ...target, parts })

const isHere = (hostname: string) =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)

/** Throws `Failure` where a key would be sent to another machine as plain text. */
function expectCovered(headers: HeaderTexts, protocol: string, at: string): void {
  const [name] = Object.keys(headers)
  if (protocol === 'https:' || name === undefined) return
  const text = 'headers are sent to another machine by https only, as plain http shows their keys'
  throw new Failure(`${at}.headers.${name}: ${text}`)
}
