import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TimeSlices } from './time-slices.ts'

interface Job {
  readonly at: number
  readonly work: number
}

/** When each batch ends on a card, by its number, if the card alone decides. */
function endsOn(card: TimeSlices, jobs: readonly Job[]): number[] {
  const ends: number[] = []
  for (let i = 0; ; ) {
    const next = card.next()
    const job = jobs[i]
    if (next !== null && (job === undefined || next.at <= job.at)) {
      ends[next.executor] = next.at
      card.leave(next.at, next.executor)
    } else if (job !== undefined) card.join(job.at, i++, 1, job.work)
    else return ends
  }
}

describe('two batches on one card', () => {
  const jobs = [
    { at: 0, work: 10 },
    { at: 4, work: 3 },
  ]

  test('each have half of it while both run, and the whole while one runs', () => {
    // the first has 6 ms left when the second begins, and 3 ms when that ends after 6 ms
    expect(endsOn(new TimeSlices(0), jobs)).toEqual([13, 10])
  })

  test('lose the share that switching takes only while both run', () => {
    const [first, second] = endsOn(new TimeSlices(0.1), jobs)
    expect(second).toBeCloseTo(4 + 3 / 0.45, 9)
    expect(first).toBeCloseTo(second! + 3, 9)
  })

  test('one after the other take their work', () => {
    expect(endsOn(new TimeSlices(0.1), [jobs[0]!, { at: 10, work: 3 }])).toEqual([10, 13])
  })
})

test('the run of an engine slows batches down, and has no end of its own here', () => {
  const card = new TimeSlices(0)
  card.join(0, 7, 4, null)
  expect(card.next()).toBeNull()
  expect(card.join(10, 1, 1, 5).share).toBe(0.5)
  expect(card.next()).toEqual({ executor: 1, at: 20 })
  card.leave(14, 7)
  // 3 ms are left, at the full speed
  expect(card.next()).toEqual({ executor: 1, at: 17 })
  expect(card.leave(14, 7)).toBe(false)
})

const positive = (max: number) => fc.double({ min: 1e-3, max, noNaN: true })
const arrivals = fc
  .array(fc.tuple(positive(20), positive(30)), { minLength: 1, maxLength: 30 })
  .map((steps) => {
    let at = 0
    return steps.map(([gap, work]): Job => ({ at: (at += gap), work }))
  })

/** The same, one change after another, with the work that each batch has left. */
function naiveEnds(jobs: readonly Job[], switchShare: number): number[] {
  const left = jobs.map(({ work }) => work)
  const ends = jobs.map(() => Number.NaN)
  for (let now = 0; ; ) {
    const active = [...jobs.keys()].filter((i) => jobs[i]!.at <= now && left[i]! > 0)
    const coming = Math.min(...jobs.map(({ at }) => (at > now ? at : Number.POSITIVE_INFINITY)))
    if (active.length === 0 && coming === Number.POSITIVE_INFINITY) return ends
    const share = active.length > 1 ? (1 - switchShare) / active.length : 1
    const least = Math.min(...active.map((i) => left[i]!))
    const until = Math.min(coming, now + least / share)
    for (const i of active) {
      left[i] =
        until === now + least / share && left[i] === least ? 0 : left[i]! - (until - now) * share
      if (left[i]! <= 1e-12) {
        left[i] = 0
        ends[i] = until
      }
    }
    now = until
  }
}

test('batches end when they do where each has its share of the speed at every instant', () => {
  fc.assert(
    fc.property(arrivals, fc.constantFrom(0, 0.05, 0.4), (jobs, switchShare) => {
      const ends = endsOn(new TimeSlices(switchShare), jobs)
      const naive = naiveEnds(jobs, switchShare)
      for (const [i, end] of ends.entries()) expect(Math.abs(end - naive[i]!)).toBeLessThan(1e-6)
    }),
  )
})

test('without switching a card loses no work: it is idle as long as one that runs them in order', () => {
  fc.assert(
    fc.property(arrivals, (jobs) => {
      const last = Math.max(...endsOn(new TimeSlices(0), jobs))
      let free = 0
      for (const { at, work } of jobs) free = Math.max(free, at) + work
      expect(last).toBeCloseTo(free, 6)
      // negative control: switching takes time as soon as two batches meet
      const meets = jobs.some(({ at, work }, i) => (jobs[i + 1]?.at ?? Infinity) < at + work - 1e-3)
      const lossy = Math.max(...endsOn(new TimeSlices(0.4), jobs))
      if (meets && jobs.length === 2) expect(lossy).toBeGreaterThan(last)
    }),
  )
})
