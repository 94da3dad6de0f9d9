import { describe, expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { CONTINUOUS, planOf, requestsOf, serve } from '../../../test/small-system.ts'
import { Random } from '../../kernel/index.ts'
import { importedScenario } from './imported-scenario.ts'
import { logOf, logOfRows, recordsOfRows } from './logs.test-helper.ts'
import type { Coverage } from './recorded-requests.ts'

const random = new Random('imported scenarios')
const FROM = { name: 'log.jsonl', timeStepMs: 0 }

/** Poisson arrivals, ms. */
const arrivals = (count: number, meanMs: number) => {
  let at = 0
  return Array.from({ length: count }, () => (at += meanMs * random.exponential()))
}

const basisOf = (imported: ReturnType<typeof importedScenario>, path: string) =>
  imported.values.find((value) => value.path === path)

/** A server with steps of 8 ms, more for sequences and prompts. */
function generatedRows(count: number, meanMs: number) {
  const work = {
    law: 'generation',
    ...{ base_ms: 8, per_sequence_ms: 0.5, per_prefill_token_ms: 0.02, per_context_token_ms: 0 },
  } as const
  const between = (least: number, most: number) =>
    Array.from({ length: count }, () => least + Math.floor((most - least) * random.uniform()))
  const generation = {
    ...CONTINUOUS,
    maxSequences: 64,
    tokenBudget: 512,
    kv: { blocks: 10_000, blockTokens: 16, prefixCache: false, watermark: 0, contiguous: false },
  }
  const { rows } = serve({
    plan: planOf([{ generation }]),
    requests: requestsOf(arrivals(count, meanMs), {
      lengths: between(20, 400),
      outputs: between(10, 120),
    }),
    work: [work],
  })
  return rows
}

const TRUTH = { base_ms: 8, per_sequence_ms: 0.5, per_prefill_token_ms: 0.02 }

function expectTruth(imported: ReturnType<typeof importedScenario>): void {
  for (const [key, value] of Object.entries(TRUTH)) {
    const found = basisOf(imported, `models.server.work.${key}`)!
    expect(found.basis).toBe('measured')
    expect(Math.abs((found.value as number) / value - 1), key).toBeLessThan(0.03)
  }
}

describe('a log of a server that generates', () => {
  const imported = importedScenario(logOfRows(generatedRows(3000, 60)), FROM)

  test('shows the law of its steps', () => {
    expectTruth(imported)
  })

  test('is a valid scenario, whose alternatives are drawn', () => {
    const { scenario } = parseScenario(JSON.stringify(imported.scenario), { file: 'imported.yaml' })
    const { work } = scenario.models.server as { work: { alternatives: readonly object[] } }
    expect(work.alternatives).toHaveLength(39)
  })
})

describe('a log without tokens', () => {
  test('shows service times where requests had the server alone', () => {
    const at = arrivals(2000, 100)
    const service = at.map(() => 5 + 2 * random.uniform())
    let free = 0
    const log = logOf(
      at.map((sentMs, i) => {
        free = Math.max(free, sentMs) + service[i]!
        return { sentMs, endMs: free }
      }),
    )
    const imported = importedScenario(log, FROM)
    const found = basisOf(imported, 'models.server.work.ms.0')!
    expect(found).toMatchObject({ basis: 'measured', source: FROM.name })
    expect(Math.abs((found.value as number) / 6 - 1)).toBeLessThan(0.02)
    expect(found.low! < 6 && 6 < found.high!).toBe(true)
    parseScenario(JSON.stringify(imported.scenario), { file: 'imported.yaml' })
  })

  test('shows them at any load where the server states its waits', () => {
    const at = arrivals(3000, 6.5)
    let free = 0
    const log = logOf(
      at.map((sentMs) => {
        const began = Math.max(free, sentMs)
        free = began + 5 + 2 * random.uniform()
        return { sentMs, endMs: free, queueMs: began - sentMs }
      }),
    )
    const found = basisOf(importedScenario(log, FROM), 'models.server.work.ms.0')!
    expect(found.basis).toBe('measured')
    expect(Math.abs((found.value as number) / 6 - 1)).toBeLessThan(0.02)
  })

  test('shows none in an overload, and says so', () => {
    const log = logOf(
      Array.from({ length: 500 }, (_, i) => ({ sentMs: 4 * i, endMs: 6 * (i + 1) })),
    )
    const imported = importedScenario(log, FROM)
    expect(basisOf(imported, 'models.server.work.ms')!.basis).toBe('assumed')
    expect(imported.warnings.join()).toContain('service times are not known')
    parseScenario(JSON.stringify(imported.scenario), { file: 'imported.yaml' })
  })

  test('of a closed loop has users in place of a trace; one with pauses has not', () => {
    const loop = (thinkMs: number) =>
      logOf(
        Array.from({ length: 4 }, (_, user) => {
          let at = user
          return Array.from({ length: 100 }, () => {
            const record = { sentMs: at, endMs: at + 40 + 20 * random.uniform() }
            at = record.endMs + thinkMs * random.exponential()
            return record
          })
        }).flat(),
      )
    const closed = importedScenario(loop(0.2), FROM)
    expect(basisOf(closed, 'traffic.requests.arrivals.users')!.value).toBe(4)
    expect(closed.trace).toBeNull()
    parseScenario(JSON.stringify(closed.scenario), { file: 'imported.yaml' })
    expect(importedScenario(loop(50), FROM).trace).toEqual(['at_ms'])
  })

  test('of a client that fell behind its schedule keeps the schedule, and its connections', () => {
    const ends: number[] = []
    const log = logOf(
      Array.from({ length: 400 }, (_, i) => {
        const scheduledMs = 5 * i
        const sentMs = Math.max(scheduledMs, ends[i - 2] ?? 0)
        ends.push(sentMs + 12)
        return { scheduledMs, sentMs, endMs: sentMs + 12 }
      }),
    )
    const imported = importedScenario(log, FROM)
    expect(basisOf(imported, 'traffic.requests.max_in_flight')!.value).toBe(2)
    expect(imported.trace).toEqual(['at_ms'])
  })
})

test('latencies that a clock does not show are at most one of its steps', () => {
  const log = logOf(arrivals(50, 2000).map((at) => ({ sentMs: at, endMs: at })))
  const imported = importedScenario(log, { ...FROM, timeStepMs: 1000 })
  expect(basisOf(imported, 'models.server.work.ms')).toMatchObject({ value: 1000, high: 1000 })
})

test('a clock with whole seconds spreads arrivals, and does not show what was in flight', () => {
  const log = logOf(
    arrivals(200, 500).map((at) => ({ sentMs: 1000 * Math.floor(at / 1000), endMs: at + 1020 })),
  )
  const imported = importedScenario(log, { ...FROM, timeStepMs: 1000 })
  const jitter = basisOf(imported, 'traffic.requests.arrivals.jitter_s')!
  expect(jitter).toMatchObject({ value: 1, basis: 'assumed' })
  expect(basisOf(imported, 'models.server.work.ms')!.basis).toBe('assumed')
})

/** Requests of a server that serves one at a time, 6 ms each. */
function served(count: number, meanMs: number) {
  let free = 0
  return arrivals(count, meanMs).map((sentMs) => {
    const began = Math.max(free, sentMs)
    free = began + 5 + 2 * random.uniform()
    return { sentMs, endMs: free, queueMs: began - sentMs }
  })
}

const thinned = <T>(all: readonly T[], share: number) => all.filter(() => random.uniform() < share)

describe('a log of a part of the requests', () => {
  const quarter: Coverage = { share: 0.25, isPart: true, isRecorded: true }
  const unknown: Coverage = { share: null, isPart: true, isRecorded: true }
  const all = served(4000, 40)
  const withoutWaits = thinned(all, 0.25).map(({ queueMs: _, ...request }) => request)
  const importedBy = (coverage: Coverage) =>
    importedScenario(logOf(withoutWaits), { ...FROM, coverage })

  test('is sent as often as a sampler has left out, with a width of chance', () => {
    const imported = importedBy(quarter)
    const growth = basisOf(imported, 'traffic.requests.arrivals.growth')!
    expect(growth).toMatchObject({ value: 4, basis: 'measured', n: withoutWaits.length })
    const [low, high] = [growth.low!, growth.high!].map((factor) => factor * withoutWaits.length)
    expect(low! < all.length && all.length < high!).toBe(true)
    expect(basisOf(imported, 'traffic.requests.arrivals.copy_shift_s')!.basis).toBe('assumed')
    parseScenario(JSON.stringify(imported.scenario), { file: 'imported.yaml' })
    const stated = importedBy({ ...quarter, isRecorded: false })
    expect(basisOf(stated, 'traffic.requests.arrivals.growth')!.basis).toBe('assumed')
  })

  test('is not scaled where the share is not known, or is below that of a trace', () => {
    for (const coverage of [unknown, { ...quarter, share: 0.001 }]) {
      const imported = importedBy(coverage)
      expect(JSON.stringify(imported.scenario)).not.toContain('growth')
      expect(imported.warnings.join()).toContain('rates are too low')
      parseScenario(JSON.stringify(imported.scenario), { file: 'imported.yaml' })
    }
    const whole = importedBy({ ...quarter, share: 0.999_999_9 })
    parseScenario(JSON.stringify(whole.scenario), { file: 'imported.yaml' })
  })

  test('does not show which requests had the server alone', () => {
    for (const coverage of [quarter, unknown]) {
      const imported = importedBy(coverage)
      expect(basisOf(imported, 'models.server.work.ms')).toMatchObject({ basis: 'assumed' })
      expect(basisOf(imported, 'models.server.work.ms.0')).toBeUndefined()
    }
  })

  test('shows service times where the server states its waits, and more replicas', () => {
    const log = logOf(thinned(served(4000, 6.5), 0.25))
    const busy = importedScenario(log, { ...FROM, coverage: { ...quarter, share: 0.1 } })
    const found = basisOf(busy, 'models.server.work.ms.0')!
    expect(found.basis).toBe('measured')
    expect(Math.abs((found.value as number) / 6 - 1)).toBeLessThan(0.02)
    // 10 / 4 times the traffic that one replica carried at 92 %
    expect(basisOf(busy, 'pools.server.replicas')!.value).toBe(3)
  })

  test('does not show a closed loop', () => {
    const loop = Array.from({ length: 200 }, (_, i) => ({ sentMs: 50 * i, endMs: 50 * i + 49.5 }))
    const imported = importedScenario(logOf(loop), { ...FROM, coverage: quarter })
    expect(imported.trace).toEqual(['at_ms'])
  })

  test('shows the mean step of a server that generates, and no law', () => {
    const records = thinned(recordsOfRows(generatedRows(3000, 60)), 0.25)
    const imported = importedScenario(logOf(records), { ...FROM, coverage: quarter })
    const base = basisOf(imported, 'models.server.work.base_ms')!
    expect(base.basis).toBe('assumed')
    const [times, tokens] = records.reduce(
      ([ms, steps], { endMs, firstTokenMs, outputTokens }) => [
        ms + endMs! - firstTokenMs!,
        steps + outputTokens! - 1,
      ],
      [0, 0],
    )
    expect(base.value).toBeCloseTo(times! / tokens!, 2)
    expect(
      imported.values.filter(({ path, basis }) => /work/.test(path) && basis !== 'assumed'),
    ).toEqual([])
    expect(basisOf(imported, 'traffic.requests.first_token_delay_ms')!.basis).toBe('unknown')
    expect(imported.trace).toEqual(['at_ms', 'input_tokens', 'output_tokens'])
    parseScenario(JSON.stringify(imported.scenario), { file: 'imported.yaml' })
  })
})

describe('a log that may be a part of the requests', () => {
  const coverage: Coverage = { share: null, isPart: false, isRecorded: true }
  const from = { ...FROM, coverage }

  test('has arrivals and service times as assumed, with the values that they are by its records', () => {
    const requests = served(2000, 60).map(({ queueMs: _, ...request }) => request)
    const [open, whole] = [from, FROM].map((each) => importedScenario(logOf(requests), each))
    expect(open!.scenario).toEqual(whole!.scenario)
    for (const path of ['traffic.requests.arrivals.file', 'models.server.work.ms.0']) {
      expect(basisOf(whole!, path)!.basis).toBe('measured')
      expect(basisOf(open!, path)!.basis).toBe('assumed')
    }
    expect(open!.values.filter(({ basis }) => basis === 'measured')).toEqual([])
  })

  test('has the lengths of requests as measured, and the law of steps as assumed', () => {
    const imported = importedScenario(logOfRows(generatedRows(1000, 60)), from)
    for (const key of Object.keys(TRUTH)) {
      expect(basisOf(imported, `models.server.work.${key}`)!.basis).toBe('assumed')
    }
    const lengths = 'traffic.requests.arrivals.columns.input_tokens'
    expect(basisOf(imported, lengths)!.basis).toBe('measured')
  })
})

describe('a log of several instances', () => {
  const named = <T extends object>(instance: string, all: readonly T[]) =>
    all.map((request) => ({ ...request, instance }))
  const two = <T extends object>(of: () => readonly T[]) =>
    logOf([...named('a', of()), ...named('b', of())])

  test('has them as replicas, and service times of requests that had theirs alone', () => {
    const log = two(() => served(3000, 12).map(({ queueMs: _, ...request }) => request))
    const imported = importedScenario(log, FROM)
    expect(basisOf(imported, 'pools.server.replicas')).toMatchObject({
      ...{ value: 2, low: 2, high: 2, basis: 'measured', n: 6000 },
    })
    const alone = basisOf(imported, 'models.server.work.ms.0')!
    expect(Math.abs((alone.value as number) / 6 - 1)).toBeLessThan(0.02)
    const { instance: _, ...joined } = log
    const unnamed = { ...joined, instance: new Int32Array(log.count).fill(-1) }
    const fewer = basisOf(importedScenario(unnamed, FROM), 'models.server.work.ms.0')!
    expect(fewer.n).toBeLessThan(0.7 * alone.n)
  })

  test('has the law of the steps of one', () => {
    const imported = importedScenario(
      two(() => recordsOfRows(generatedRows(2000, 100))),
      FROM,
    )
    expectTruth(imported)
    expect(basisOf(imported, 'pools.server.replicas')).toMatchObject({
      value: 2,
      basis: 'measured',
    })
    parseScenario(JSON.stringify(imported.scenario), { file: 'imported.yaml' })
  })

  test('of which one replaced another one has those that were there at once', () => {
    const later = served(100, 60).map(({ sentMs, endMs }) => ({
      sentMs: sentMs + 1e6,
      endMs: endMs + 1e6,
    }))
    const log = logOf([...named('a', served(100, 60)), ...named('b', later)])
    expect(basisOf(importedScenario(log, FROM), 'pools.server.replicas')).toMatchObject({
      ...{ value: 1, low: 1, high: 2, basis: 'measured' },
    })
  })

  test('that each serve several requests at once has more replicas, as assumed', () => {
    const requests = arrivals(2000, 10).map((sentMs) => ({
      sentMs,
      endMs: sentMs + 50,
      queueMs: 0,
    }))
    const imported = importedScenario(logOf(named('a', requests)), FROM)
    const replicas = basisOf(imported, 'pools.server.replicas')!
    expect(replicas).toMatchObject({ value: 6, basis: 'assumed' })
  })

  test('that were sampled may have others', () => {
    const coverage = { share: 0.25, isPart: true, isRecorded: true }
    const log = two(() => thinned(served(2000, 60), 0.25))
    expect(
      basisOf(importedScenario(log, { ...FROM, coverage }), 'pools.server.replicas'),
    ).toMatchObject({
      ...{ value: 2, low: 2, high: null },
    })
  })
})
