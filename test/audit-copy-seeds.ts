import { OPEN_ADMISSION, OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { COPYING, copied, dynamic, hedgedSystemOf } from './audited-systems.ts'
import { keyOf, type Seed } from './row-surgery.ts'

const short = { batching: { ...dynamic, maxBatch: 2, maxDelayMs: 0 }, maxLength: 2 }
const often = { afterMs: 1, maxAttempts: COPYING.maxAttempts }
/** A refusal ends the request. */
const fatallyRefused = hedgedSystemOf(short, { hedge: { ...often, fatal: [OUTCOME.shed] } })
/** A refusal puts the next copy off. */
const putOff = pushedBackBy(3)
/** A refusal allows no further copy. */
const stopped = pushedBackBy(-1)

function pushedBackBy(retryPushbackMs: number) {
  const admission = { ...OPEN_ADMISSION, retryPushbackMs }
  return hedgedSystemOf({ ...short, admission }, { hedge: often })
}

/** Violated rules of copies of requests. */
export function copySeeds(): Seed[] {
  const { served, redundant, withdrawn, abandoned } = OUTCOME
  const isCopy = (c: RowColumns, key: number) => c.copyOf[key]! >= 0
  const seed = (
    what: string,
    fits: (c: RowColumns, key: number) => boolean,
    change: (c: RowColumns, key: number) => unknown,
  ): Seed => ({
    rule: 'copies',
    what,
    system: copied,
    spoil(c) {
      const key = keyOf(c, (k) => fits(c, k))
      change(c, key)
      return [key]
    },
  })
  const outcome = (of: number) => (c: RowColumns, key: number) => c.outcome[key] === of
  const redundantCopy = (c: RowColumns, key: number) =>
    isCopy(c, key) && c.outcome[key] === redundant
  return [
    seed('two copies of one request are served', redundantCopy, (c, k) => (c.outcome[k] = served)),
    seed('a redundant copy is called abandoned', redundantCopy, (c, k) => {
      c.outcome[k] = abandoned
    }),
    seed(
      'a copy in the queue of the first',
      isCopy,
      (c, k) => (c.queue[k] = c.queue[c.copyOf[k]!]!),
    ),
    seed('a copy before its time', isCopy, (c, k) => (c.sent[k]! -= 1)),
    seed('a copy of another request', isCopy, (c, k) => (c.sendId[k]! += 1)),
    seed('withdrawn too late', outcome(withdrawn), (c, k) => (c.done[k]! += 0.001)),
    {
      rule: 'copies',
      what: 'two tied copies start at one instant',
      system: copied,
      spoil(c) {
        const copy = keyOf(c, (k) => {
          const isTied = c.class[k] === 1 && isCopy(c, k) && c.outcome[k] === withdrawn
          return isTied && c.batch[c.copyOf[k]!]! >= 0
        })
        const first = c.copyOf[copy]!
        for (const name of ['dispatched', 'started', 'ended', 'done'] as const) {
          c[name][copy] = c[name][first]!
        }
        // a replica for each queue
        c.executor[copy] = c.queue[copy]!
        c.batch[copy] = Math.max(...c.batch) + 1
        c.batchSize[copy] = 1
        c.padded[copy] = c.inputTokens[copy]!
        c.outcome[copy] = redundant
        return [first, copy]
      },
    },
    seed('redundant without an answer', redundantCopy, (c, k) => (c.done[k]! -= 1000)),
    ...refusalSeeds(),
  ]
}

/** Violated rules of copies after a refusal. */
function refusalSeeds(): Seed[] {
  const { shed, served, redundant } = OUTCOME
  const isSecond = (c: RowColumns, key: number) => {
    const first = c.copyOf[key]!
    return c.class[key] === 0 && first >= 0 && !c.copyOf.slice(first, key).includes(first)
  }
  /** Refuses the first copy just before the second was sent. */
  const refused = (c: RowColumns): readonly number[] => {
    const copy = keyOf(c, (k) => isSecond(c, k) && c.outcome[c.copyOf[k]!] !== shed)
    const first = c.copyOf[copy]!
    c.outcome[first] = shed
    c.refusal[first] = REFUSAL.queue
    c.done[first] = c.sent[copy]! - 0.1
    return [first, copy]
  }
  return [
    {
      rule: 'copies',
      what: 'a copy after a fatal failure',
      system: fatallyRefused,
      spoil: refused,
    },
    {
      rule: 'copies',
      what: 'served after a fatal failure of another copy',
      system: fatallyRefused,
      spoil(c) {
        const copy = keyOf(c, (k) => {
          const first = c.copyOf[k]!
          return c.class[k] === 0 && c.outcome[k] === shed && c.outcome[first] === redundant
        })
        c.outcome[c.copyOf[copy]!] = served
        return [c.copyOf[copy]!]
      },
    },
    {
      rule: 'copies',
      what: 'a copy after a refusal that allows none',
      system: stopped,
      spoil: refused,
    },
    {
      rule: 'copies',
      what: 'a copy before the time of a pushback',
      system: putOff,
      spoil(c) {
        const copy = keyOf(c, (k) => isSecond(c, k) && c.outcome[c.copyOf[k]!] === shed)
        c.sent[copy]! -= 1
        return [c.copyOf[copy]!, copy]
      },
    },
  ]
}
