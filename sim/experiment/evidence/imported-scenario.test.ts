import { describe, expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { CONTINUOUS, planOf, requestsOf, serve } from '../../../test/small-system.ts'
import { Random } from '../../kernel/index.ts'
import { importedScenario } from './imported-scenario.ts'
import { logOf, logOfRows } from './logs.test-helper.ts'

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
function generated(count: number, meanMs: number) {
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
  return logOfRows(rows)
}

describe('a log of a server that generates', () => {
  const imported = importedScenario(generated(3000, 60), FROM)

  test('shows the law of its steps, each width with the truth in it', () => {
    const truth = { base_ms: 8, per_sequence_ms: 0.5, per_prefill_token_ms: 0.02 }
    for (const [key, value] of Object.entries(truth)) {
      const found = basisOf(imported, `models.server.work.${key}`)!
      expect(found.basis).toBe('measured')
      expect(Math.abs((found.value as number) / value - 1), key).toBeLessThan(0.03)
    }
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
