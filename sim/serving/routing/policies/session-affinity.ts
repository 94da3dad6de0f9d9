import { hashedUniform } from '../../../kernel/index.ts'
import type { RoutingPlan } from '../routing-plan.ts'
import { leastOf, type RouterView, type RoutingPolicy } from '../routing-policy.ts'

type SessionAffinity = Extract<RoutingPlan, { policy: 'session-affinity' }>

const SESSION = 0x2c1b3c6d
const PLACE = 0x297a2d39

/**
 * The candidate with the highest hash of session and candidate (rendezvous hashing, Thaler and
 * Ravishankar 1998). With bounded loads (Mirrokni, Thorup and Zadimoghaddam 2018) a candidate is
 * passed over that would have more than ⌈c m / n⌉ requests, m of them in all, this one included,
 * over n executors of which it has one; with more of them its share is as much larger.
 */
export const sessionAffinity: RoutingPolicy<SessionAffinity, number> = Object.freeze({
  kind: 'session-affinity',
  begin: ({ maxLoadFactor = Number.POSITIVE_INFINITY }: SessionAffinity) => maxLoadFactor,
  choose(maxLoadFactor: number, view: RouterView) {
    const session = sessionHash(view)
    const bounded = maxLoadFactor < Number.POSITIVE_INFINITY
    let executors = 0
    let total = 1
    for (let i = 0; bounded && i < view.candidates.length; i++) {
      executors += view.candidates[i]!.executors
      total += requestsAt(view, i)
    }
    const hasRoom = (i: number) => {
      const share = view.candidates[i]!.executors / executors
      return requestsAt(view, i) + 1 <= Math.ceil(maxLoadFactor * total * share)
    }
    let best = -1
    let bestHash = -1
    for (let i = 0; i < view.candidates.length; i++) {
      if (view.taken[i] !== 0 || (bounded && !hasRoom(i))) continue
      const hash = hashedUniform(session, PLACE + view.candidates[i]!.number)
      if (hash > bestHash) {
        best = i
        bestHash = hash
      }
    }
    return best < 0 ? leastOf(view, (i) => view.load(i)) : best
  },
})

const requestsAt = (view: RouterView, i: number) =>
  Math.round(view.load(i) * view.candidates[i]!.executors)

/**
 * A number for the session of a request: the first part of its prompt that is not common to all
 * prompts of its class. A request whose prompt is unknown is a session of its own.
 */
function sessionHash({ requests, request, sharedBlocks }: RouterView): number {
  const prefix = requests.prefixes.get(request)
  const classNumber = requests.class[request]!
  const block = prefix?.[Math.min(sharedBlocks[classNumber] ?? 0, prefix.length - 1)]
  const number = block ?? -1 - requests.sendId[request]!
  return Math.floor(hashedUniform(number, SESSION + classNumber) * 2 ** 32)
}
