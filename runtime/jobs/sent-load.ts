import { Failure, isStreamed, variablesIn } from '../../scenarios/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import type { CalibrationTask } from '../calibration/index.ts'
import { mostTraffic } from '../targets/allowed-load.ts'
import { type PoolTarget, targetOf } from '../targets/pool-target.ts'
import type { ReplaySide } from './live-side.ts'

const SECOND_MS = 1000

/** The most requests that arrive within a second of each other. */
function busiestSecond({ count, columns: { at } }: RequestList): number {
  let most = 0
  for (let first = 0, last = 0; last < count; last++) {
    while (at[last]! - at[first]! >= SECOND_MS) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** A scenario of others must not take a key out of the environment without a word. */
function keysIn({ headers }: PoolTarget): string {
  const names = Object.values(headers).flatMap(variablesIn)
  return names.length === 0 ? '' : `, with the environment variable ${names.join(', ')}`
}

/**
 * What replays send to the servers of a side, a text for each. Throws `Failure` where that is more
 * than the user allows, before anything is sent.
 */
export function replayedLoad({ system, traffic }: ReplaySide, replays: number): string[] {
  const { scenario, file, allowed } = system
  const seconds = replays * scenario.duration_s
  return scenario.pools.flatMap((pool) => {
    const target = targetOf(pool, allowed)
    if (target === null) return []
    const { url, limits } = target
    if (limits !== null && seconds > limits.seconds) {
      const text = `${replays} replays of ${scenario.duration_s} s are longer than --max-seconds ${limits.seconds}`
      throw new Failure(`${file} duration_s: ${text}; raise it, or lower --replays or duration_s`)
    }
    const times = replays === 1 ? 'once' : `${replays} times`
    const of = `${url}${keysIn(target)}: sends`
    // where clients react, nothing is known of it yet
    if (!(traffic instanceof RequestList)) {
      return [`${of} requests for ${scenario.duration_s} s, ${times}`]
    }
    const peak = busiestSecond(traffic)
    if (limits !== null && peak > limits.perSecond) {
      const text = `${peak} requests arrive in the busiest second, more than --max-rps ${limits.perSecond}`
      throw new Failure(`${file} traffic: ${text}; raise it, or lower the rate of the traffic`)
    }
    const shown = `at most ${peak} in a second`
    const what = `${traffic.count} requests${isStreamed(pool) ? tokensOf(traffic) : ''}`
    return [`${of} ${what} in ${scenario.duration_s} s, ${shown}, ${times}`]
  })
}

/** Tokens may have a price. */
function tokensOf({ columns: { inputTokens, outputTokens } }: RequestList): string {
  const [prompts, answers] = [inputTokens, outputTokens].map((of) =>
    of.reduce((sum, tokens) => sum + tokens, 0),
  )
  return ` (${prompts} tokens of prompts, ${answers} of answers)`
}

/** The same of a calibration that takes so long; null where nothing is sent. */
export function calibratedLoad(
  { pool, maxBatch, lengths, allowed }: CalibrationTask,
  seconds: number,
): string | null {
  const target = targetOf(pool, allowed)
  if (target === null) return null
  const { url, limits, timeoutMs } = target
  if (limits !== null && seconds > limits.seconds) {
    const text = `a calibration of ${seconds} s is longer than --max-seconds ${limits.seconds}`
    throw new Failure(`${url}: ${text}; raise it, or lower --seconds`)
  }
  const { min, max } = lengths
  const of = min === max ? `length ${min}` : `lengths ${min} to ${max}`
  const most = mostTraffic(allowed)
  // what --max-rps forbids is not in the profile
  const slow = Number.isFinite(most) ? `, at most ${most}/s (busier servers are not measured)` : ''
  const what = `batches of 1 to ${maxBatch} with ${of}, then traffic of single requests${slow}`
  const longestMs = allowed?.longestMs ?? timeoutMs
  const until = `until an error, or an answer that takes longer than ${longestMs} ms`
  return `${url}${keysIn(target)}: sends ${what}, for about ${seconds} s, or ${until}`
}
