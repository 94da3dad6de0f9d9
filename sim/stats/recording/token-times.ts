import type { Ms, Requests } from '../../serving/index.ts'

/** `firstTokenDelaysMs`: of each class, from when a first token is generated to when it leaves. */
interface TokenTimeOptions {
  readonly requests: Pick<Requests, 'at' | 'class' | 'firstToken' | 'outputTokens' | 'uncounted'>
  readonly firstTokenDelaysMs?: readonly Ms[] | undefined
}

/** When the first token left: at the latest with the last, which is due at `done`. */
function firstTokenAt(
  { requests, firstTokenDelaysMs }: TokenTimeOptions,
  request: number,
  done: Ms,
): Ms {
  const delayMs = firstTokenDelaysMs?.[requests.class[request]!] ?? 0
  return Math.min(requests.firstToken[request]! + delayMs, done)
}

/**
 * The token times of a request whose last token is due at `done`, as its client measures them, ms.
 * All tokens travel as long as the answer, which the client has at `answered`.
 */
export const tokenTimes = Object.freeze({
  ttft: (by: TokenTimeOptions, request: number, done: Ms, answered: Ms): Ms =>
    firstTokenAt(by, request, done) - by.requests.at[request]! + (answered - done),

  /** NaN where it has one token, or where their number is not known. */
  tpot(by: TokenTimeOptions, request: number, done: Ms): Ms {
    if (by.requests.uncounted[request] === 1) return Number.NaN
    const further = by.requests.outputTokens[request]! - 1
    return further > 0 ? (done - firstTokenAt(by, request, done)) / further : Number.NaN
  },
})
