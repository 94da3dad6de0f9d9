import { expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import type { Candidate } from './plan-chains.ts'
import { byCost, searchPlan } from './plan-search.ts'
import type { Ask, JudgedRun } from './plan-task.ts'
import { looksUpTo, statedObjectives } from './plan-verdict.ts'

const OBJECTIVES = statedObjectives({
  traffic: [{ class: 'web' }],
  slo: { web: ['p(99) latency_ms < 100'] },
})

const family = (name: string, price: number, replicas: number, first: number): Candidate[] =>
  Array.from({ length: replicas }, (_, i) => ({
    index: first + i,
    cost: price * (i + 1),
    family: name,
    replicas: [i + 1],
    capacityRps: null,
  }))

type Law = (candidate: Candidate) => number

/** Searches candidates of which `law` is the mean p99, ms; infinite for one that is refused. */
async function searched(candidates: readonly Candidate[], law: Law, today = candidates[0]!) {
  const asked: Ask[] = []
  const found = await searchPlan({
    candidates,
    today,
    objectives: OBJECTIVES,
    looks: looksUpTo(24, 0.95),
    simulate: async (asks) => {
      asked.push(...asks)
      return asks.map(({ candidate, from, to }) => {
        const mean = law(candidate)
        if (mean === Number.POSITIVE_INFINITY) return null
        return Array.from({ length: to - from }, (_, i) => {
          const noise = 0.02 * stream(3, from + i, 'common').normal()
          return {
            objectives: [{ value: mean * Math.exp(noise), n: 20_000, upper: null, tail: null }],
          }
        })
      })
    },
  })
  const of = ({ family: name, replicas }: Candidate) => `${name}${replicas[0]}`
  return { found, asked, named: (all: readonly Candidate[]) => all.map(of) }
}

const slow = family('slow', 1, 10, 0)
const fast = family('fast', 1.8, 10, 10)
/** p99 falls with replicas; slow needs 7 (7.00), fast needs 3 (5.40) */
const LAW: Law = ({ family: name, replicas: [n] }) => (name === 'slow' ? 650 : 250) / n!

test('the cheapest that meets wins', async () => {
  const { found } = await searched([...slow, ...fast], LAW)
  expect(found.winner!.candidate).toMatchObject({ family: 'fast', replicas: [3] })
  expect(found.against).toEqual([])
  expect(found.tried.length + found.dearer.length + found.ruledOut.length).toBe(20)
})

test('what is dearer than the cheapest known to meet is not simulated but for the front', async () => {
  const today = fast[2]!
  const { asked } = await searched([...slow, ...fast], LAW, today)
  const others = asked.filter(({ candidate }) => candidate !== today)
  const dear = others.filter(({ candidate }) => candidate.cost >= today.cost)
  expect(dear.length).toBeGreaterThan(0)
  expect(dear.filter(({ candidate }) => candidate.cost > 1.5 * today.cost)).toEqual([])
  // the front is last
  expect(others.slice(-dear.length)).toEqual(dear)
})

test('every replication is asked for once, in order', async () => {
  const { asked } = await searched([...slow, ...fast], LAW)
  const done = new Map<Candidate, number>()
  for (const { candidate, from, to } of asked) {
    expect(from).toBe(done.get(candidate) ?? 0)
    expect(to).toBeGreaterThan(from)
    done.set(candidate, to)
  }
})

test('today is simulated also where it is no candidate', async () => {
  const today = { index: 99, cost: 40, family: 'other', replicas: [], capacityRps: null }
  const law: Law = (one) => (one === today ? 20 : LAW(one))
  const { found } = await searched([...slow, ...fast], law, today)
  expect(found.tried.map(({ candidate }) => candidate)).toContain(today)
  expect(found.winner!.candidate).toMatchObject({ family: 'fast', replicas: [3] })
})

test('where nothing meets there is no winner, and every chain was tried at its end', async () => {
  const { found, named } = await searched([...slow, ...fast], () => 300)
  expect(found.winner).toBeNull()
  const tried = named(found.tried.map(({ candidate }) => candidate))
  expect(tried).toEqual(expect.arrayContaining(['slow10', 'fast10']))
  expect(found.dearer).toEqual([])
})

test('more replicas that make it worse are found, and their chain is searched in full', async () => {
  // slow meets with 2 replicas alone: beyond, each one more makes it worse
  const worse: Law = (one) =>
    one.family === 'fast' ? LAW(one) : one.replicas[0] === 2 ? 70 : 110 + 10 * one.replicas[0]!
  const { found, named } = await searched([...fast, ...slow], worse, fast[9]!)
  expect(found.against.length).toBeGreaterThan(0)
  expect(found.against[0]).toMatchObject({ class: 'web', text: 'p(99) latency_ms < 100' })
  expect(found.winner!.candidate).toMatchObject({ family: 'slow', replicas: [2] })
  expect(named(found.ruledOut).filter((name) => name.startsWith('slow'))).toEqual([])
})

test('a candidate that cannot be simulated says nothing of others', async () => {
  const law: Law = (one) =>
    one.family === 'fast' && one.replicas[0]! > 4 ? Number.POSITIVE_INFINITY : LAW(one)
  const { found } = await searched([...slow, ...fast], law)
  expect(found.winner!.candidate).toMatchObject({ family: 'fast', replicas: [3] })
  expect(found.refused.length).toBeGreaterThan(0)
})

test('one without a price never wins over one with a price, and is ranked after it', async () => {
  const unpriced = family('free', 1, 2, 20).map((candidate) => ({ ...candidate, unpriced: true }))
  const law: Law = (candidate) => (candidate.unpriced ? 50 : LAW(candidate))
  for (const today of [slow[0]!, unpriced[1]!]) {
    const { found } = await searched([...slow, ...fast, ...unpriced], law, today)
    expect(found.winner!.candidate).toMatchObject({ family: 'fast', replicas: [3] })
    const ranked = found.tried.toSorted(byCost).map(({ candidate }) => candidate.family)
    expect(ranked.slice(ranked.indexOf('free')).every((name) => name === 'free')).toBe(true)
    expect(ranked).toContain('free')
  }
})

test('where only those without a price meet, that with the fewest replicas is the winner', async () => {
  const unpriced = family('free', 1, 4, 20).map((candidate) => ({ ...candidate, unpriced: true }))
  const law: Law = ({ unpriced: free, replicas: [n] }) => (free ? 150 / n! : 300)
  const { found } = await searched([...slow, ...unpriced], law)
  expect(found.winner!.candidate).toMatchObject({ family: 'free', replicas: [2] })
  expect(found.tried.length + found.dearer.length + found.ruledOut.length).toBe(14)
})

/** Scaled candidates pay for more than their least, and fewer replicas at first may cost more. */
const scaledBy = (least: readonly number[]): Candidate[] =>
  least.map((cost, index) => ({
    index,
    cost,
    family: `scaler ${index}`,
    scaled: true,
    replicas: [],
    capacityRps: null,
  }))

async function searchedPaid(of: readonly { least: number; paid: number; ms: number }[]) {
  const candidates = scaledBy(of.map(({ least }) => least))
  const looked: number[] = []
  const found = await searchPlan({
    candidates,
    today: candidates[0]!,
    objectives: OBJECTIVES,
    looks: looksUpTo(24, 0.95),
    paidIn: ({ index }, { run }: { run: number } & JudgedRun) =>
      of[index]!.paid * (1 + 0.01 * stream(5, run, 'paid').normal()),
    simulate: async (asks) => {
      looked.push(...asks.map(({ candidate }) => candidate.index))
      return asks.map(({ candidate, from, to }) =>
        Array.from({ length: to - from }, (_, i) => {
          const noise = 0.02 * stream(3, from + i, 'common').normal()
          const value = of[candidate.index]!.ms * Math.exp(noise)
          return { run: from + i, objectives: [{ value, n: 20_000, upper: null, tail: null }] }
        }),
      )
    },
  })
  return { found, looked }
}

test('of scaled candidates the one that pays least wins, whatever their least cost', async () => {
  const { found } = await searchedPaid([
    ...[
      { least: 1, paid: 9, ms: 50 },
      { least: 2, paid: 5, ms: 60 },
    ],
    ...[
      { least: 1, paid: 7, ms: 40 },
      { least: 1, paid: 3, ms: 200 },
    ],
  ])
  expect(found.winner!.candidate.index).toBe(1)
  expect(found.winner!.cost).toBeCloseTo(5, 0)
  expect(found.winner!.paid).toHaveLength(found.winner!.runs.length)
})

test('no scaled candidate is ruled out by another one, only by its least cost', async () => {
  // with more replicas at least it is slower: a chain along them would have skipped the winner
  const { found, looked } = await searchedPaid([
    ...[
      { least: 3, paid: 6, ms: 150 },
      { least: 2, paid: 5, ms: 150 },
    ],
    ...[
      { least: 1, paid: 4, ms: 60 },
      { least: 1, paid: 4.5, ms: 60 },
    ],
    { least: 8, paid: 9, ms: 30 },
  ])
  expect(found.winner!.candidate.index).toBe(2)
  expect(found.ruledOut).toEqual([])
  expect(found.compared).toBe(0)
  expect(new Set(looked)).toEqual(new Set([0, 1, 2, 3]))
  expect(found.dearer.map(({ index }) => index)).toEqual([4])
})

test('an undecided scaled candidate that surely pays more than the winner ends early', async () => {
  const { found } = await searchedPaid([
    ...[
      { least: 1, paid: 4, ms: 60 },
      { least: 1, paid: 8, ms: 99.6 },
    ],
  ])
  const dear = found.tried.find(({ candidate }) => candidate.index === 1)!
  expect(dear.judgement.verdict).toBe('UNDECIDED')
  expect(dear.runs).toHaveLength(3)
})
