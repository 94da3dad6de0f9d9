import type { Evidence } from '../../evidence/evidence.ts'
import { leavingTimes, type SentMessage } from '../../evidence/leaving-times.ts'
import { CANCELLED, WITHDRAWN } from '../../evidence/raw-rows.ts'
import { ms, type Rule } from '../../findings.ts'
import { leastOf, type PromisedLeg, promisedWays } from '../../promises/promised-networks.ts'

/** Sums of times are rounded in another order. */
const ROUNDING_MS = 1e-6

/** Checked on rows as they were sent: they have the times of both ends of the way. */
export const networks: Rule = {
  rule: 'networks',
  promise: 'requests and answers take at least the time of their network, and none in an outage',
  on: 'sends',
  check(evidence, findings) {
    const ways = promisedWays(evidence.promises)
    if (ways === null) return
    const requests = messagesOf(evidence, ways, 'out')
    const answers = messagesOf(evidence, ways, 'back')
    for (let key = 0; key < evidence.rows.at.length; key++) {
      const problem = problemOf(evidence, key, requests.get(key), answers.get(key))
      findings.check(problem === null, [key], () => problem!)
    }
  },
}

/** A message, and when it has left its channel at the earliest. */
interface Carried {
  readonly leg: PromisedLeg
  readonly leaves: number
}

/** By key: the messages of a direction; a client that has left gets none. */
function messagesOf(
  { rows, requests, expected }: Evidence,
  ways: NonNullable<ReturnType<typeof promisedWays>>,
  direction: 'out' | 'back',
) {
  const byChannel = new Map<number, { readonly leg: PromisedLeg; readonly sent: SentMessage[] }>()
  for (let key = 0; key < rows.at.length; key++) {
    const leg = ways[rows.class[key]!]?.[rows.pool[key]!]?.[direction]
    const isOut = direction === 'out'
    const left = rows.outcome[key] === CANCELLED || rows.outcome[key] === WITHDRAWN
    if (leg == null || (!isOut && left)) continue
    const tokens = isOut
      ? rows.inputTokens[key]!
      : (requests.outputTokens[expected.sending[key]!] ?? 0)
    // a refusal has no size
    const hasSize = isOut || rows.batch[key]! >= 0
    const channel = byChannel.get(leg.number) ?? { leg, sent: [] }
    byChannel.set(leg.number, channel)
    channel.sent.push({
      key,
      at: isOut ? (rows.routed?.[key] ?? Number.NaN) : rows.done[key]!,
      ms: hasSize ? leg.occupiesMs + tokens * leg.tokenMs : 0,
    })
  }
  const carried = new Map<number, Carried>()
  for (const { leg, sent } of byChannel.values()) {
    for (const [key, leaves] of leavingTimes(sent, leg.channel.sharing))
      carried.set(key, { leg, leaves })
  }
  return carried
}

function problemOf(
  { rows, delivered }: Evidence,
  key: number,
  request: Carried | undefined,
  answer: Carried | undefined,
): string | null {
  const routed = rows.routed?.[key] ?? Number.NaN
  const answered = rows.answered?.[key] ?? Number.NaN
  const sent = delivered![key]!
  const done = rows.done[key]!
  if (request === undefined && sent !== routed) {
    return `delivered at ${ms(sent)} at its own place, but routed at ${ms(routed)}`
  }
  const wayThere = legProblem(request, routed, sent)
  if (wayThere !== null) return `routed at ${ms(routed)} and delivered at ${ms(sent)}; ${wayThere}`
  if (answer === undefined && answered !== done) {
    return `answered at ${ms(answered)} at its own place, but ended at ${ms(done)}`
  }
  const wayBack = legProblem(answer, done, answered)
  return wayBack === null
    ? null
    : `ended at ${ms(done)} and answered at ${ms(answered)}; ${wayBack}`
}

function legProblem(carried: Carried | undefined, from: number, to: number): string | null {
  if (carried === undefined) return null
  const { leg, leaves } = carried
  const { latency, outages } = leg.channel
  const leastMs = leastOf(latency)
  if (!(to >= leaves + leastMs - ROUNDING_MS)) {
    return `expected at least ${ms(leaves + leastMs - from)}`
  }
  const cut = outages.find((outage) => outage.from <= leaves - ROUNDING_MS && leaves < outage.to)
  if (cut === undefined || to >= cut.to + leastMs - ROUNDING_MS) return null
  return `expected it to be sent again after the outage until ${ms(cut.to)}`
}
