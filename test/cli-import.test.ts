import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { FORMATS } from '../runtime/commands/import.ts'
import { RECORD_FORMATS } from '../scenarios/index.ts'
import type { Evidence, Result } from '../sim/documents/index.ts'
import { Random } from '../sim/kernel/index.ts'
import { printedDocuments } from './printed-documents.ts'
import { CONTINUOUS, planOf, requestsOf, serve } from './small-system.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const { published } = printedDocuments(run)
const random = new Random('import')

/** Poisson arrivals, ms. */
function arrivals(count: number, meanMs: number): number[] {
  let at = 0
  return Array.from({ length: count }, () => (at += meanMs * random.exponential()))
}

/** A request as AIPerf records it; times in ms after some moment. */
function recorded(request: {
  readonly at: number
  readonly end: number
  readonly first?: number
  readonly tokens?: readonly [input: number, output: number]
}): string {
  const ns = (ms: number) => Math.round(1e6 * (1_780_000_000_000 + ms))
  const { at, end, first, tokens } = request
  const ms = (value: number) => ({ value, unit: 'ms' })
  const count = (value: number) => ({ value, unit: 'tokens' })
  return JSON.stringify({
    metadata: {
      ...{ benchmark_phase: 'profiling', was_cancelled: false },
      ...{ request_start_ns: ns(at), request_end_ns: ns(end) },
    },
    metrics: {
      request_latency: ms(end - at),
      ...(first !== undefined && { time_to_first_token: ms(first - at) }),
      ...(tokens && {
        input_sequence_length: count(tokens[0]),
        output_sequence_length: count(tokens[1]),
      }),
    },
    error: null,
  })
}

/** An engine with steps of 8 ms and more, served by the simulator. */
function engineLog(): string {
  const count = 2000
  const between = (least: number, most: number) =>
    Array.from({ length: count }, () => least + Math.floor((most - least) * random.uniform()))
  const kv = { blocks: 9000, blockTokens: 16, prefixCache: false, watermark: 0, contiguous: false }
  const generation = { ...CONTINUOUS, maxSequences: 64, tokenBudget: 512, kv }
  const work = {
    law: 'generation',
    ...{ base_ms: 8, per_sequence_ms: 0.5, per_prefill_token_ms: 0.02, per_context_token_ms: 0 },
  } as const
  const requests = requestsOf(arrivals(count, 100), {
    lengths: between(20, 400),
    outputs: between(10, 120),
  })
  const { rows } = serve({ plan: planOf([{ generation }]), requests, work: [work] })
  const { at, done, firstToken, inputTokens, outputTokens } = rows.columns
  return Array.from(at, (start, i) =>
    recorded({
      ...{ at: start, end: done[i]!, first: firstToken[i]! },
      tokens: [inputTokens[i]!, outputTokens[i]!],
    }),
  ).join('\n')
}

put(folder, 'engine.jsonl', engineLog())

/** Paths of all numbers in a value, as `--set` has them. */
function numbersIn(value: unknown, path: string): string[] {
  if (typeof value === 'number') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    // entries of lists with names are found by these
    const { class: ofClass, name } = (inner ?? {}) as { class?: string; name?: string }
    return numbersIn(inner, `${path}.${ofClass ?? name ?? key}`)
  })
}

describe('import requests', () => {
  test('writes a scenario whose simulation has the times of the log', async () => {
    const ended = await run('import', 'requests', 'engine.jsonl', '--out', 'engine')
    expect(ended.code, ended.stderr).toBe(0)
    const files = ['evidence.json', 'requests.csv', 'scenario.yaml']
    expect(filesIn(join(folder, 'engine'))).toEqual(files)
    const evidence = readJson(join(folder, 'engine/evidence.json')) as Evidence
    const isEvidence = await published('evidence')
    isEvidence(evidence)
    const { stdout } = await run('simulate', 'engine/scenario.yaml', '--json')
    const { latency } = (JSON.parse(stdout) as Result).classes[0]!
    const [measured] = evidence.latencies
    for (const p of ['p50', 'p95'] as const) {
      const ratio = latency.percentiles[p].value! / measured!.percentiles[p].value!
      expect(Math.abs(ratio - 1), p).toBeLessThan(0.03)
    }
  })

  test('has evidence for every number of the scenario', async () => {
    await run('import', 'requests', 'engine.jsonl', '--out', 'engine')
    const { models, traffic, pools } = parse(
      readFileSync(join(folder, 'engine/scenario.yaml'), 'utf8'),
    )
    const { values } = readJson(join(folder, 'engine/evidence.json')) as Evidence
    const paths = values.map(({ path }) => path)
    // draws of the same fit, and what it was fitted to
    const { alternatives: _, fitted: __, ...work } = models.server.work
    const stated = { models: { server: { work } }, traffic, pools }
    const numbers = Object.entries(stated).flatMap(([key, value]) => numbersIn(value, key))
    expect(numbers.length).toBeGreaterThan(4)
    for (const path of numbers) expect(paths).toContain(path)
  })

  test('prints the same document, and again the same', async () => {
    const args = ['import', 'requests', 'engine.jsonl', '--json']
    const [first, second] = [await run(...args), await run(...args)]
    expect(first.stdout).toBe(second.stdout)
    expect(JSON.parse(first.stdout).document).toBe('spillway-evidence')
  })

  test('joins files of one format, and refuses others', async () => {
    const lines = engineLog().split('\n')
    put(folder, 'a.jsonl', lines.slice(0, 1000).join('\n'))
    put(folder, 'b.jsonl', lines.slice(1000).join('\n'))
    const { stdout } = await run('import', 'requests', 'b.jsonl', 'a.jsonl', '--json')
    expect((JSON.parse(stdout) as Evidence).requests.arrived).toBe(2000)
    put(folder, 'other.json', '[{"start_time": 1, "end_time": 2}]')
    const other = await run('import', 'requests', 'a.jsonl', 'other.json')
    expectRefusal(other, 3, folder)
    expect(other.stderr).toContain('expected AIPerf')
  })

  test.each([
    ['a file that is no log', 'plain.txt', 'hello\n', 'another format'],
    ['an empty file', 'empty.txt', '', 'another format'],
    ['requests at one instant', 'once.jsonl', `${recorded({ at: 0, end: 5 })}\n`, 'one instant'],
    ['a line that is cut', 'cut.jsonl', `${recorded({ at: 0, end: 5 })}\n{"meta`, ':2: '],
  ])('refuses %s', async (_, name, content, problem) => {
    put(folder, name, content)
    const ended = await run('import', 'requests', name)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain(problem)
  })

  test('leaves unreadable records out where that is asked for, and counts them', async () => {
    const lines = arrivals(60, 100).map((at) => recorded({ at, end: at + 6 }))
    put(folder, 'some.jsonl', [...lines, '{"metadata": 1, "metrics": 2'].join('\n'))
    const args = ['import', 'requests', 'some.jsonl', '--bad-rows', 'skip', '--format', 'aiperf']
    const ended = await run(...args)
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain('1 record could not be read')
  })

  test('names every format, and no other', () => {
    // a log of nginx without request times is read only to say so
    const names = RECORD_FORMATS.map(({ name }) => name).filter((name) => name !== 'nginx-untimed')
    expect([...FORMATS].sort()).toEqual(names.sort())
  })
})
