import type { Ms, Requests } from '../../serving/index.ts'

/**
 * The token times of a request whose last token is due now, as its client measures them, ms; `tpot`
 * is null where it has one token. All tokens travel as long as the answer, which the client has at
 * `answered`. The first token leaves `delayMs` after it was generated, at the latest with the last.
 */
export function tokenTimes(
  requests: Requests,
  now: Ms,
  request: number,
  answered: Ms,
  delayMs: Ms = 0,
) {
  const first = Math.min(requests.firstToken[request]! + delayMs, now)
  const further = requests.outputTokens[request]! - 1
  const tpot = further > 0 ? (now - first) / further : null
  return { ttft: first - requests.at[request]! + (answered - now), tpot }
}
