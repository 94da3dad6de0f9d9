import type { Ms, Requests } from '../../serving/index.ts'

/**
 * Of a request whose last token is due now, ms; `tpot` is null where it has one token. All tokens
 * travel as long as the answer, which the client has at `answered`.
 */
export function tokenTimes(requests: Requests, now: Ms, request: number, answered: Ms) {
  const first = requests.firstToken[request]!
  const further = requests.outputTokens[request]! - 1
  const tpot = further > 0 ? (now - first) / further : null
  return { ttft: first - requests.at[request]! + (answered - now), tpot }
}
