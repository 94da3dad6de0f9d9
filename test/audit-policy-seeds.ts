import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { adaptive, bucketed, corked, slack } from './audited-systems.ts'
import { keyOf, move, pairOf, type Seed, sentAt, timed, write } from './row-surgery.ts'

/** Faults of policies that learn, or look at more than how many wait. */
export function policySeeds(): Seed[] {
  const small = (rule: string, system: Seed['system']): Seed => ({
    rule,
    what: 'one is left behind',
    system,
    spoil(c) {
      const [one, next] = pairOf(c, (a, b) => a.keys.length > 2 && b.keys.length < 6)
      move(c, one.keys.at(-1)!, one, next)
      return one.keys.slice(0, -1)
    },
  })
  const early = (rule: string, system: Seed['system']): Seed => ({
    rule,
    what: 'a batch before it is due',
    system,
    spoil(c) {
      const [{ keys, dispatched }] = pairOf(c, (batch) => timed(c, batch))
      write(c, keys, 'dispatched', (dispatched + sentAt(c, keys)) / 2)
      return keys
    },
  })
  return [
    small('adaptive-size', adaptive),
    early('adaptive-size', adaptive),
    small('corked', corked),
    small('slack', slack),
    early('slack', slack),
    early('buckets', bucketed),
    {
      rule: 'buckets',
      what: 'one of another bucket',
      system: bucketed,
      spoil(c) {
        const [{ keys }] = pairOf(c, (batch) => batch.keys.length > 1)
        c.length[keys[0]!] = 99
        return keys
      },
    },
    {
      rule: 'corked',
      what: 'dropped too early',
      system: corked,
      spoil(c) {
        const key = keyOf(c, (k) => dropped(c, k))
        c.done[key] = (c.sent[key]! + c.done[key]!) / 2
        return [key]
      },
    },
    {
      rule: 'corked',
      what: 'dropped too late',
      system: corked,
      spoil(c) {
        const key = keyOf(c, (k) => dropped(c, k))
        c.done[key]! += 5
        return [key]
      },
    },
  ]
}

/** On a timer: of those who are dropped as others come, the instant is no matter of what is due. */
const dropped = (c: RowColumns, key: number) =>
  c.outcome[key] === OUTCOME.timedOut && !c.sent.includes(c.done[key]!)
