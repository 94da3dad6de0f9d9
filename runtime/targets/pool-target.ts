import { Failure, type Pool } from '../../scenarios/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import type { OipTarget } from './oip-client.ts'

/** A server, and whether it gets batches, or the single requests that it forms batches of. */
export interface PoolTarget extends OipTarget {
  readonly role: 'executor' | 'server'
}

/** What is believed of a server that forms batches, as far as a salvo depends on it. */
export interface Salvo {
  readonly replicas: number
  readonly maxBatch: number
  /** how long a batch that is not full waits for others */
  readonly windowMs: Ms
}

/**
 * The server of a pool; null where its batches are run here. Throws `Failure` where it is not on
 * this machine: a server elsewhere must not be loaded by a slip.
 */
export function targetOf({ name, target, model }: Pool): PoolTarget | null {
  if (target === undefined) return null
  const { url, role, version = null, timeout_s } = target
  const { hostname } = new URL(url)
  if (hostname !== 'localhost' && hostname !== '[::1]' && !/^127(\.\d+){3}$/.test(hostname)) {
    const text = 'expected a server on this machine (127.0.0.1), as no other may be loaded yet'
    throw new Failure(`pools.${name}.target.url: ${text}, got ${hostname}`)
  }
  return { url, role, model: target.model ?? model, version, timeoutMs: 1000 * timeout_s }
}
