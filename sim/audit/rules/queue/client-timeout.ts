import type { Evidence } from '../../evidence/evidence.ts'
import { ABANDONED, FAILED, SERVED } from '../../evidence/raw-rows.ts'
import { type Findings, ms } from '../../findings.ts'
import type { ClassPromises } from '../../promises/promises.ts'
import type { Rule } from '../../rule.ts'

export const patience: Rule = {
  rule: 'patience',
  promise: "a request is served where it ends within its client's patience, else abandoned",
  check(seen: Evidence, found: Findings) {
    checkLeaving(seen, found)
    const { rows, batches } = seen
    for (const { members } of batches) {
      for (const key of members) {
        if (rows.outcome[key] === FAILED) continue
        found.checked++
        const inTime = rows.done[key]! < rows.leaves[key]!
        if (rows.outcome[key] === (inTime ? SERVED : ABANDONED)) continue
        found.violated(
          [key],
          () =>
            `ended at ${ms(rows.done[key]!)}, and its client leaves at ${ms(rows.leaves[key]!)}; ` +
            `expected it to be ${inTime ? 'served' : 'abandoned'}`,
        )
      }
    }
  },
}

/** Clients leave at their timeout; where it is drawn, it is the same for all parts of a request. */
function checkLeaving({ rows, classOf }: Evidence, found: Findings): void {
  for (let key = 0; key < rows.at.length; key++) {
    const promised = classOf(key)
    const [least, most] = patienceRange(promised)
    if (least === Number.POSITIVE_INFINITY && rows.leaves[key] === least) continue
    found.checked++
    const [at, leaves] = [rows.at[key]!, rows.leaves[key]!]
    if (!(leaves >= at + least && leaves <= at + most)) {
      const range = least === most ? ms(least) : `${ms(least)} to ${ms(most)}`
      found.violated([key], () => `leaves at ${ms(leaves)}; its client waits ${range}`)
    } else if (rows.part[key]! > 0 && leaves !== rows.leaves[key - 1]) {
      const before = ms(rows.leaves[key - 1]!)
      found.violated([key - 1, key], () => `one request, but its client leaves at ${before} too`)
    }
  }
}

function patienceRange({
  clientTimeoutMs,
  drawnClientTimeout: drawn,
}: ClassPromises): [number, number] {
  if (drawn === null) return [clientTimeoutMs, clientTimeoutMs]
  if (drawn.distribution === 'fixed') return [drawn.value, drawn.value]
  if (drawn.distribution === 'uniform') return [drawn.min, drawn.max]
  return [0, Number.MAX_VALUE]
}
