import type { Ms, Requests } from '../../serving/index.ts'

/** Of a request whose last token is due now, ms; `tpot` is null where it has one token. */
export function tokenTimes(requests: Requests, now: Ms, request: number) {
  const first = requests.firstToken[request]!
  const further = requests.outputTokens[request]! - 1
  const tpot = further > 0 ? (now - first) / further : null
  return { ttft: first - requests.at[request]!, tpot }
}
