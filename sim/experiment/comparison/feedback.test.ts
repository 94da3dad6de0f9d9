import { describe, expect, test } from 'vitest'
import { replay } from '../../../test/manual-world.ts'
import { planOf, requestsOf, type SmallSystem, serve } from '../../../test/small-system.ts'
import { Random } from '../../kernel/index.ts'
import { type BatchingPlan, logLines, parseLog } from '../../serving/index.ts'
import { Rows } from '../../stats/index.ts'
import { feedBack, feedbackDifferences } from './feedback.ts'

const MAX_BATCH = 4

function planUnder(maxBatch: number) {
  const batching: BatchingPlan = {
    policy: 'dynamic',
    maxBatch: maxBatch,
    preferred: [],
    maxDelayMs: 2,
  }
  return planOf([{ replicas: 2, padTo: 8, batching }])
}

function systemOf(count: number): SmallSystem {
  const random = new Random('feedback')
  let at = 0
  const times = Array.from({ length: count }, () => (at += random.exponential()))
  const lengths = times.map(() => 1 + random.integer(40))
  return {
    plan: planUnder(MAX_BATCH),
    requests: requestsOf(times, { lengths }),
    work: [{ law: 'linear', base_ms: 3, per_item_ms: 0.7, per_token_ms: 0.01 }],
  }
}

type Entry = Record<'now' | 'id', number> & { event: string }

const system = systemOf(300)
const { plan, requests } = system
const worlds = {
  simulated: serve,
  // on a clock set by hand, but with the troubles of a real one
  live: (system: SmallSystem) => replay(system, { restless: true, late: true, failing: true }),
} as const

describe.each(Object.entries(worlds))('a journal of the %s world', (_, run) => {
  const { rows, journal } = run(system)
  const entries = () =>
    [...logLines(journal)]
      .join('')
      .trimEnd()
      .split('\n')
      .map((line): Entry => JSON.parse(line))
  const journalOf = (told: readonly Entry[]) =>
    parseLog(
      told.map((entry) => JSON.stringify(entry)),
      'changed',
    )
  const differencesAfter = (told: readonly Entry[]) =>
    feedbackDifferences(rows, feedBack(plan, requests, journalOf(told)))
  const first = (event: string, from = 0) =>
    entries().findIndex((entry, i) => i >= from && entry.event === event)

  test('that is fed back gives the same rows, with batches of every size', () => {
    const again = feedBack(plan, requests, journal)
    expect(feedbackDifferences(rows, again)).toEqual([])
    expect(again).toMatchObject({ refused: null, entries: entries().length })
    expect(new Set(again.rows.columns.batchSize)).toEqual(new Set([1, 2, 3, MAX_BATCH]))
  })

  test('gives other rows where one event is a µs later', () => {
    for (const event of ['arrival', 'timer', 'done']) {
      const told = entries()
      told[first(event, 100)]!.now += 1e-3
      expect(differencesAfter(told), event).not.toEqual([])
    }
  })

  test('names the row and the column that differ', () => {
    const told = entries()
    const i = told.findLastIndex(
      ({ event, now }, j) => event === 'arrival' && told[j + 1]!.now > now + 1e-3,
    )
    const { id: key, now } = told[i]!
    told[i]!.now = now + 1e-6
    const start = `row ${key}: sent was ${now}, is ${now + 1e-6}`
    expect(differencesAfter(told)).toContainEqual(expect.stringContaining(start))
  })

  test('gives other rows where two entries or two requests are exchanged', () => {
    const i = first('arrival', 100)
    const told = entries()
    const later = told.findIndex((entry, j) => j > i && entry.now > told[i]!.now)
    const swapped = told.with(i, told[later]!).with(later, told[i]!)
    expect(differencesAfter(swapped)[0]).toMatch(
      /^entry \d+, \w+ \d+ at [\d.]+ ms: the entry before it/,
    )

    const next = first('arrival', i + 1)
    const [a, b] = [told[i]!, told[next]!]
    const renamed = told.with(i, { ...a, id: b.id }).with(next, { ...b, id: a.id })
    expect(differencesAfter(renamed)[0]).toContain(`row ${a.id}: sent was ${a.now}, is ${b.now}`)
  })

  test('gives other rows under another plan', () => {
    const again = feedBack(planUnder(MAX_BATCH - 1), requests, journal)
    expect(Math.max(...again.rows.columns.batchSize)).toBe(MAX_BATCH - 1)
    const differences = feedbackDifferences(rows, again)
    expect(differences[0]).toMatch(/^entry \d+, timer 0 at [\d.]+ ms: the timer is not due$/)
    expect(differences[1]).toMatch(/^row 0: dispatched was [\d.]+, is [\d.]+/)
  })

  test('that breaks off leaves requests without an end', () => {
    const told = entries().slice(0, -1)
    expect(differencesAfter(told).join('\n')).toMatch(/^row \d+: .*done was [\d.]+, is NaN/m)
    const half = differencesAfter(told.slice(0, told.length / 2))
    expect(half).toHaveLength(6)
    expect(half[5]).toMatch(/^and \d+ more rows$/)
    // in the middle of an entry
    const cut = journal.subarray(0, journal.length - 1)
    expect(feedbackDifferences(rows, feedBack(plan, requests, cut))).not.toEqual([])
  })

  test.each([
    ['an executor that is free', { event: 'done', id: 1 }, /done 1 .*: the executor has no batch$/],
    ['no executor', { event: 'done', id: 2 }, /done 2 .*: the executor has no batch$/],
    ['a timer that is not due', { event: 'timer', id: 0 }, /timer 0 .*: the timer is not due$/],
    ['no timer', { event: 'timer', id: 9 }, /timer 9 .*: the timer is not due$/],
    ['a request again', { event: 'arrival', id: 299 }, /arrival 299 .*: it has arrived before$/],
    ['no request', { event: 'arrival', id: 300 }, /arrival 300 .*: there are 300 requests$/],
  ])('that ends by naming %s is refused there, though all rows are the same', (_, last, words) => {
    const told = entries()
    const now = told.at(-1)!.now
    const batch = { started: now, ended: now, status: 0 }
    const differences = differencesAfter([...told, { now, ...last, ...batch }])
    expect(differences).toEqual([expect.stringMatching(words)])
    expect(differences[0]).toMatch(new RegExp(`^entry ${told.length + 1}, `))
  })

  test('does not belong to fewer rows', () => {
    const fewer = Rows.allocate(299)
    const differences = feedbackDifferences(fewer, feedBack(plan, requests, journal))
    expect(differences).toEqual(['299 rows for 300 requests'])
  })
})
