import { aloneTimes } from '../../evidence/card-time.ts'
import type { Evidence } from '../../evidence/evidence.ts'
import { FAILED } from '../../evidence/raw-rows.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import type { PromisedCard } from '../../promises/promised-cards.ts'

/** Sums of the parts of a batch are rounded, ms. */
const TOLERANCE_MS = 1e-6

export const timeSlices: Rule = {
  rule: 'time-slices',
  promise: 'a batch on a shared card takes its declared time at its share of the card',
  check(evidence, findings) {
    for (const card of evidence.promises.cards ?? []) checkCard(card, evidence, findings)
  },
}

function checkCard(
  card: PromisedCard,
  { batches, rows, queues, promises }: Evidence,
  findings: Findings,
) {
  // engines run many requests at once, and rows do not show when
  if (card.pools.some((pool) => promises.pools[pool]!.generation !== undefined)) return
  const poolOf = ({ queue }: SeenBatch) => queues[queue]?.poolIndex ?? -1
  const onCard = batches.filter((batch) => card.pools.includes(poolOf(batch)))
  const uses = onCard.map(({ members: [first] }) => ({
    from: rows.started[first!]!,
    to: rows.ended[first!]!,
  }))
  const alone = aloneTimes(uses, card.switchShare)
  for (const [i, batch] of onCard.entries()) {
    const pool = poolOf(batch)
    const promised = card.aloneMs[card.pools.indexOf(pool)]
    const [first] = batch.members
    // a batch that found no memory took no time
    if (!promised || rows.outcome[first!] === FAILED) continue
    const size = batch.members.length
    const tokens = promises.pools[pool]!.ragged
      ? batch.members.reduce((sum, key) => sum + rows.inputTokens[key]!, 0)
      : size * rows.padded[first!]!
    const expected = promised(size, tokens)
    findings.check(Math.abs(alone[i]! - expected) <= TOLERANCE_MS, batch.members, () => {
      const took = `took ${ms(uses[i]!.to - uses[i]!.from)}, of which ${ms(alone[i]!)} of the card`
      return `${took} were its own; its work takes ${ms(expected)}`
    })
  }
}
