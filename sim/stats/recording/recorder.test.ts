import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import {
  type Batch,
  OUTCOME,
  observerOf,
  outcomes,
  REFUSAL,
  Requests,
  STATUS,
  servingPlan,
} from '../../serving/index.ts'
import { PARTS } from './cell.ts'
import { ROWS } from './columns.ts'
import { Recorder } from './recorder.ts'
import { summariseRecorder } from './recorder-summary.ts'
import { RowRecorder, Rows } from './rows.ts'
import { playBack } from './rows-playback.ts'

const DURATION_MS = 1200

/** The outcome of a request: the parts of its latency, ms, or why it was lost. */
const fate = fc.record({
  at: fc.double({ min: 0, max: 1000, noNaN: true }),
  lag: fc.double({ min: 0, max: 1, noNaN: true }),
  queue: fc.double({ min: 0, max: 50, noNaN: true }),
  idle: fc.double({ min: 0, max: 5, noNaN: true }),
  dispatch: fc.double({ min: 0, max: 0.1, noNaN: true }),
  service: fc.double({ min: 0.1, max: 40, noNaN: true }),
  completion: fc.double({ min: 0, max: 0.1, noNaN: true }),
  class: fc.nat(1),
  outcome: fc.constantFrom(...outcomes.map(({ number }) => number)),
  /** of shed requests */
  refusal: fc.constantFrom(...Object.values(REFUSAL).filter((refusal) => refusal !== REFUSAL.none)),
})
type Fate = typeof fate extends fc.Arbitrary<infer T> ? T : never

interface Recorded {
  /** of the first class */
  readonly slo?: readonly string[]
  readonly rowsAtOnce?: number
}

/** Two classes, of which the first has objectives, and an executor for each request. */
const scenarioWith = (executors: number, warmupMs: number, slo: readonly string[]) =>
  scenarioOf({
    duration_s: DURATION_MS / 1000,
    warmup_s: warmupMs / 1000,
    traffic: ['a', 'b'].map((name) => ({
      class: name,
      arrivals: { process: 'poisson', rate_rps: 100 },
    })),
    slo: { a: slo },
    pools: [
      {
        ...{ name: 'central', model: 'm', replicas: executors },
        batching: { policy: 'dynamic', max_batch: 4, max_delay_ms: 0 },
      },
    ],
  })

const inBatch = (outcome: number) => outcome !== OUTCOME.shed && outcome !== OUTCOME.timedOut

/** Plays requests, each alone in a batch and in order of time, to both kinds of recorder. */
function record(
  fates: readonly Fate[],
  warmupMs = 0,
  { slo = ['p(50) latency_ms < 30'], rowsAtOnce = ROWS }: Recorded = {},
) {
  const requests = new Requests(Math.max(1, fates.length))
  const rows = Rows.allocate(fates.length)
  // an executor has one batch at a time
  const scenario = scenarioWith(Math.max(1, fates.length), warmupMs, slo)
  const plan = servingPlan(scenario)
  const options = { scenario, plan, rowsAtOnce, expected: null }
  const recorder = new Recorder({ ...options, requests })
  const observer = observerOf([recorder, new RowRecorder(rows, requests)])
  const events: [at: number, order: number, act: () => void][] = []
  fates.forEach((request, i) => {
    const sent = request.at + request.lag
    const dispatched = sent + request.queue + request.idle
    const started = dispatched + request.dispatch
    const ended = started + request.service
    const done = ended + request.completion
    requests.at[i] = request.at
    requests.firstScheduledAt[i] = request.at
    requests.attempt[i] = 1
    requests.sendId[i] = i
    requests.class[i] = request.class
    requests.key[i] = i
    requests.inputTokens[i] = 1
    requests.enqueued[i] = sent
    requests.idleAtEnqueueMs[i] = request.idle
    requests.outcome[i] = request.outcome
    requests.refusal[i] = request.outcome === OUTCOME.shed ? request.refusal : REFUSAL.none
    const members = Int32Array.of(i)
    const times = { dispatched, started, ended }
    const status = request.outcome === OUTCOME.failed ? STATUS.outOfMemory : STATUS.ok
    const batch: Batch = {
      executor: i,
      members,
      size: 1,
      length: 1,
      tokens: 1,
      oldestEnqueued: sent,
      ...times,
      status,
    }
    events.push([sent, 0, () => observer.arrived?.(sent, i)])
    if (inBatch(request.outcome)) {
      events.push([dispatched, 1, () => observer.dispatched?.(dispatched, batch)])
      events.push([done, 2, () => observer.batch?.(done, batch)])
    } else events.push([done, 3, () => observer.lost?.(done, i)])
  })
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  for (const [, , act] of events) act()
  return { recorder, rows, options }
}

const summary = (recorder: Recorder) =>
  summariseRecorder(recorder, [{ percentile: 0.98, limitMs: 5 }])

const close = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b))

describe('a recorder', () => {
  test('parts add up to the latency', () => {
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 30 }), (fates) => {
        for (const cell of summary(record(fates).recorder).classes) {
          if (cell.counts.served === 0) continue
          const parts = PARTS.reduce((sum, part) => sum + cell.parts[part].mean, 0)
          expect(close(parts, cell.latency.mean)).toBe(true)
          for (const part of PARTS) expect(cell.parts[part].n).toBe(cell.counts.served)
        }
      }),
    )
  })

  test('counts are conserved: by class, by pool and in total', () => {
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 30 }), (fates) => {
        const { classes, pools, all } = summary(record(fates).recorder)
        for (const { counts, shedBy } of [...classes, ...pools]) {
          expect(Object.values(shedBy).reduce((sum, count) => sum + count, 0)).toBe(counts.shed)
          const { arrived, ...ends } = counts
          expect(Object.values(ends).reduce((sum, count) => sum + count, 0)).toBe(arrived)
        }
        expect(pools[0]!.counts.arrived).toBe(fates.length)
        expect(all.n).toBe(fates.filter(({ outcome }) => outcome === OUTCOME.served).length)
      }),
    )
  })

  test('a batch occupies its executor from its dispatch until its end is seen', () => {
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 30 }), (fates) => {
        const { busyMs, occupiedMs } = summary(record(fates).recorder)
        const ran = fates.filter(({ outcome }) => inBatch(outcome))
        const around = ran.reduce((sum, request) => sum + request.dispatch + request.completion, 0)
        // times are on a grid of 2^-20 ms
        expect(occupiedMs[0]! - busyMs[0]!).toBeCloseTo(around, 3)
      }),
    )
  })

  test('requests scheduled before the end of the warm-up are not counted', () => {
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 30 }), (fates) => {
        const { recorder } = record(fates, 500)
        const counted = fates.filter(({ at }) => at >= 500).length
        expect(summary(recorder).pools[0]!.counts.arrived).toBe(counted)
      }),
    )
  })

  test('good requests are served below the limit of their class', () => {
    const served: Fate = {
      at: 10,
      lag: 0,
      queue: 0,
      idle: 0,
      dispatch: 0,
      service: 20,
      completion: 0,
      class: 0,
      outcome: OUTCOME.served,
      refusal: REFUSAL.queue,
    }
    const { classes } = summary(
      record([
        served,
        { ...served, queue: 9.9 },
        { ...served, queue: 10 },
        { ...served, queue: 40, class: 1 },
        { ...served, outcome: OUTCOME.abandoned },
        { ...served, outcome: OUTCOME.failed },
        { ...served, outcome: OUTCOME.shed },
      ]).recorder,
    )
    expect(classes.map(({ good }) => good)).toEqual([2, 1])
    expect(classes[0]!.counts.served).toBe(3)
  })

  test('lost requests count as infinitely long in percentiles over all arrivals', () => {
    const base = { lag: 0, queue: 1, idle: 0, dispatch: 0, service: 5, completion: 0, class: 0 }
    const refusal = REFUSAL.queue
    const fates = Array.from({ length: 100 }, (_, i) => {
      return { ...base, refusal, at: i, outcome: i < 97 ? OUTCOME.served : OUTCOME.shed }
    })
    const cell = summary(record(fates).recorder).classes[0]!
    // p50, p90, p95, p99, p99.9, and p98 from an objective
    expect(cell.all.map(Number.isFinite)).toEqual([true, true, true, false, false])
    expect(cell.judged[0]!.value).toBe(Number.POSITIVE_INFINITY)
    expect(cell.latency.percentiles.every(Number.isFinite)).toBe(true)
  })
})

test('rows played back give the summary of the run itself', () => {
  fc.assert(
    fc.property(fc.array(fate, { maxLength: 30 }), fc.constantFrom(0, 400), (fates, warmupMs) => {
      const { recorder, rows, options } = record(fates, warmupMs)
      const playedBack = playBack({ rows }, (requests) => ({
        observers: [new Recorder({ ...options, requests })] as const,
      }))
      expect(summary(playedBack.observers[0])).toEqual(summary(recorder))
    }),
  )
})

test('figures are the same whether requests are folded one by one or by the hundred', () => {
  // the windows that are reported are of 100 ms
  const slo = ['p(90, worst 200ms) latency_ms < 30']
  const fates = fc.array(fate, { minLength: 500, maxLength: 700 })
  fc.assert(
    fc.property(fates, fc.constantFrom(1, 7, 100), (drawnFates, rowsAtOnce) => {
      const [some, large] = [rowsAtOnce, ROWS].map((rows) =>
        record(drawnFates, 100, { slo, rowsAtOnce: rows }),
      )
      expect(summary(some!.recorder)).toEqual(summary(large!.recorder))
    }),
    { numRuns: 10, endOnFailure: true },
  )
})
