import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { FORMATS } from '../runtime/commands/import.ts'
import { statisticsText } from '../scenarios/evidence/statistics/statistics.test-helper.ts'
import { exported, httpSpan, vllmSpan } from '../scenarios/evidence/traces/spans.test-helper.ts'
import { RECORD_FORMATS } from '../scenarios/index.ts'
import type { Evidence, Result } from '../sim/documents/index.ts'
import { Random } from '../sim/kernel/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
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
function engineRows(): RowColumns {
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
  return serve({ plan: planOf([{ generation }]), requests, work: [work] }).rows.columns
}

const ROWS = engineRows()

const engineLog = () =>
  Array.from(ROWS.at, (at, i) =>
    recorded({
      ...{ at, end: ROWS.done[i]!, first: ROWS.firstToken[i]! },
      tokens: [ROWS.inputTokens[i]!, ROWS.outputTokens[i]!],
    }),
  ).join('\n')

/** The same as spans of vLLM and of its HTTP server, 100 requests a line, or a share of them. */
function engineSpans({ share = 1, traceState = 'ot=th:0' } = {}): string {
  const ns = (ms: number) => String(1_780_000_000_000_000_000n + BigInt(Math.round(1e6 * ms)))
  const requests = Array.from(ROWS.at, (at, i) => {
    const [done, first] = [ROWS.done[i]!, ROWS.firstToken[i]!]
    const times = { startTimeUnixNano: ns(at), endTimeUnixNano: ns(done), traceState }
    const values = {
      'gen_ai.latency.time_to_first_token': (first - at) / 1000,
      'gen_ai.usage.prompt_tokens': ROWS.inputTokens[i]!,
      'gen_ai.usage.completion_tokens': ROWS.outputTokens[i]!,
    }
    const trace = { traceId: `trace${i}`, ...times }
    return [httpSpan(trace), vllmSpan({ ...trace, values })]
  })
  const kept = requests.filter(() => share === 1 || random.uniform() < share)
  const batches = Array.from({ length: Math.ceil(kept.length / 100) }, (_, i) =>
    exported(kept.slice(100 * i, 100 * (i + 1)).flat()),
  )
  return batches.map((batch) => JSON.stringify(batch)).join('\n')
}

/** What Prometheus has of the same engine, as vLLM states it, every 5 s. */
function engineMetrics(): Record<string, unknown> {
  const { at, dispatched, firstToken, done, inputTokens, outputTokens } = ROWS
  const ends = Array.from(at.keys())
  const times = Array.from({ length: 41 }, (_, i) => 5 * i)
  const samplesOf = (name: string, value: (ms: number) => number, labels = {}) => ({
    status: 'success',
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: name, model_name: 'm', ...labels },
          values: times.map((s) => [1_780_000_000 + s, String(value(1000 * s))]),
        },
      ],
    },
  })
  /** Over requests that have ended by then. */
  const sum = (of: (i: number) => number) => (ms: number) =>
    ends.reduce((total, i) => (done[i]! <= ms ? total + of(i) : total), 0)
  const running = (ms: number) => ends.filter((i) => at[i]! <= ms && done[i]! > ms).length
  const one = sum(() => 1)
  const s = (from: Float64Array, to: Float64Array) => (i: number) => (to[i]! - from[i]!) / 1000
  const histograms = {
    request_prompt_tokens: [sum((i) => inputTokens[i]!), one],
    request_generation_tokens: [sum((i) => outputTokens[i]!), one],
    e2e_request_latency_seconds: [sum(s(at, done)), one],
    request_prefill_time_seconds: [sum(s(dispatched, firstToken)), one],
    inter_token_latency_seconds: [sum(s(firstToken, done)), sum((i) => outputTokens[i]! - 1)],
  } as const
  const named = Object.entries(histograms).flatMap(([key, [total, count]]) => [
    [`vllm:${key}_sum`, samplesOf(`vllm:${key}_sum`, total)],
    [`vllm:${key}_count`, samplesOf(`vllm:${key}_count`, count)],
  ])
  const ended = samplesOf('vllm:request_success_total', one, { finished_reason: 'stop' })
  return {
    'vllm:request_success_total': ended,
    'vllm:num_requests_running': samplesOf('vllm:num_requests_running', running),
    'vllm:num_requests_waiting': samplesOf('vllm:num_requests_waiting', () => 0),
    ...Object.fromEntries(named),
  }
}

put(folder, 'engine.jsonl', engineLog())
put(folder, 'spans.json', engineSpans())
put(folder, 'metrics.json', JSON.stringify(engineMetrics()))

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
    [
      'requests that all failed',
      'failed.jsonl',
      [0, 9]
        .map((at) => recorded({ at, end: at + 5 }).replace('null}', '{"type":"x"}}'))
        .join('\n'),
      'expected answered requests',
    ],
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

describe('import requests of a table', () => {
  const calls = arrivals(600, 100).map((at) => `${(1_780_000_000_000 + at).toFixed(3)},6.5`)
  put(folder, 'calls.csv', ['ts,ms_total', ...calls, ''].join('\n'))

  test('takes columns as they are stated, and says what it has read', async () => {
    const columns = ['--columns', 'time=ts', '--columns', 'latency=ms_total']
    const ended = await run('import', 'requests', 'calls.csv', ...columns, '--out', 'calls')
    expect(ended.code, ended.stderr).toBe(0)
    const { values, warnings, source_format } = readJson(
      join(folder, 'calls/evidence.json'),
    ) as Evidence
    expect(source_format).toBe('csv')
    expect(warnings[0]).toContain('time `ts`, latency `ms_total`')
    const work = values.find(({ path }) => path === 'models.server.work.ms.0')
    expect(work).toMatchObject({ value: 6.5, basis: 'measured' })
    expect((await run('simulate', 'calls/scenario.yaml')).code).toBe(0)
  })

  test('names each option that is needed', async () => {
    const ended = await run('import', 'requests', 'calls.csv')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('set --columns latency=NAME')
    const other = await run('import', 'requests', 'calls.csv', '--columns', 'latency=ms')
    expectRefusal(other, 2, folder)
    expect(other.stderr).toContain('expected one of ts, ms_total, got "ms"')
  })
})

describe('import traces', () => {
  test('writes the scenario that a log of the same requests gives', async () => {
    const ended = await run('import', 'traces', 'spans.json', '--out', 'spans')
    expect(ended.code, ended.stderr).toBe(0)
    const files = ['evidence.json', 'requests.csv', 'scenario.yaml']
    expect(filesIn(join(folder, 'spans'))).toEqual(files)
    const evidence = readJson(join(folder, 'spans/evidence.json')) as Evidence
    const isEvidence = await published('evidence')
    isEvidence(evidence)
    const { stdout } = await run('import', 'requests', 'engine.jsonl', '--json')
    const logged = JSON.parse(stdout) as Evidence
    expect(evidence.requests).toEqual(logged.requests)
    expect(evidence.values.map(({ path }) => path)).toEqual(logged.values.map(({ path }) => path))
    for (const [i, { path, value }] of evidence.values.entries()) {
      const other = logged.values[i]!.value
      if (typeof value !== 'number' || typeof other !== 'number') expect(value, path).toBe(other)
      // both round times, which separates a first token and an end of one step
      else expect(Math.abs(value - other), path).toBeLessThanOrEqual(5e-3 * other)
    }
    expect(evidence.warnings[0]).toContain('2000 spans of HTTP requests (0 failed) are left out')
    expect(evidence.warnings.join()).not.toContain('sampled')
  })

  test('asks for one of several services, and takes the one that is stated', async () => {
    const [first] = engineSpans().split('\n')
    const spans = [httpSpan(), httpSpan({ spanId: 'b' })]
    const gateway = JSON.stringify(exported(spans, { service: 'gateway' }))
    put(folder, 'services.json', `${first}\n${gateway}`)
    const ended = await run('import', 'traces', 'services.json')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('gateway (2)')
    const one = await run('import', 'traces', 'services.json', '--service', 'vllm-server', '--json')
    expect((JSON.parse(one.stdout) as Evidence).requests.arrived).toBe(100)
    const none = await run('import', 'traces', 'services.json', '--service', 'db')
    expectRefusal(none, 3, folder)
    expect(none.stderr).toContain('expected one of')
  })

  test('scales the rate of sampled traces, and measures no service time by them', async () => {
    const sampled = arrivals(2000, 20).filter(() => random.uniform() < 0.25)
    const put_ = (name: string, traceState: string) => {
      const spans = sampled.map((at, i) =>
        httpSpan({
          ...{ traceState, spanId: `s${i}` },
          startTimeUnixNano: `${Math.round(1_780_000_000_000 + at)}000000`,
          endTimeUnixNano: `${Math.round(1_780_000_000_006 + at)}000000`,
        }),
      )
      put(folder, name, JSON.stringify(exported(spans)))
    }
    put_('quarter.json', 'ot=th:c')
    put_('open.json', '')
    const ended = await run('import', 'traces', 'quarter.json', '--out', 'quarter')
    expect(ended.stdout).toContain('traces are sampled: 25 % of the requests')
    const { values, requests } = readJson(join(folder, 'quarter/evidence.json')) as Evidence
    expect(requests).toMatchObject({ arrived: sampled.length, most_in_flight: null })
    const basisOf = (all: Evidence['values'], path: string) =>
      all.find((value) => value.path === path)?.basis
    expect(basisOf(values, 'models.server.work.ms')).toBe('assumed')
    const { stdout } = await run('simulate', 'quarter/scenario.yaml', '--json')
    const { classes, runs } = JSON.parse(stdout) as Result
    const { counts } = classes[0]!
    // 4 % by chance: 500 of them stand for all
    expect(Math.abs(counts.arrived / runs / 2000 - 1)).toBeLessThan(0.1)

    const importedBy = async (...words: readonly string[]) => {
      const { stdout: text } = await run('import', 'traces', 'open.json', '--json', ...words)
      return (JSON.parse(text) as Evidence).values
    }
    const [open, whole, tenth] = [
      await importedBy(),
      await importedBy('--sampled', '1'),
      await importedBy('--sampled', '0.1'),
    ]
    const file = 'traffic.requests.arrivals.file'
    expect([open, whole].map((all) => basisOf(all, file))).toEqual(['assumed', 'measured'])
    expect(basisOf(tenth, 'traffic.requests.arrivals.growth')).toBe('assumed')
    const refused = await run('import', 'traces', 'quarter.json', '--sampled', '1')
    expectRefusal(refused, 2, folder)
    expect(refused.stderr).toContain('spans state a share of 0.25')
  })

  test('gives the mean latency of an engine within 15 % by a quarter of its traces', async () => {
    put(folder, 'sampled.json', engineSpans({ share: 0.25, traceState: 'ot=th:c' }))
    await run('import', 'traces', 'sampled.json', '--out', 'sampled')
    const { stdout } = await run('simulate', 'sampled/scenario.yaml', '--json')
    const { latency } = (JSON.parse(stdout) as Result).classes[0]!
    const sum = ROWS.done.reduce((total, done, i) => total + done - ROWS.at[i]!, 0)
    expect(Math.abs(latency.mean.value! / (sum / ROWS.at.length) - 1)).toBeLessThan(0.15)
  })

  test('has the instances of a server as its replicas', async () => {
    const lines = engineSpans()
      .split('\n')
      .map((line, i) => {
        const { resourceSpans } = JSON.parse(line) as ReturnType<typeof exported>
        const { spans } = resourceSpans[0]!.scopeSpans[0]!
        return JSON.stringify(exported(spans, { instance: `pod-${i % 2}` }))
      })
    put(folder, 'pods.json', lines.join('\n'))
    const { stdout } = await run('import', 'traces', 'pods.json', '--json')
    const { values } = JSON.parse(stdout) as Evidence
    expect(values.find(({ path }) => path === 'pools.server.replicas')).toMatchObject({
      ...{ value: 2, basis: 'measured', n: 2000 },
    })
  })

  test.each([
    ['a file of a load generator', 'engine.jsonl', 'expected spans of requests, got none'],
    ['no file', 'nothing.json', 'no such file'],
  ])('refuses %s', async (_, name, problem) => {
    const ended = await run('import', 'traces', name)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain(problem)
  })

  test('is what import requests names for spans', async () => {
    const ended = await run('import', 'requests', 'spans.json')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('spillway import traces')
  })
})

describe('import statistics', () => {
  put(folder, 'before.json', statisticsText({ net: { sizes: { 1: [50, 100], 8: [10, 60] } } }))
  const after = statisticsText({
    net: { sizes: { 1: [150, 300], 8: [510, 3060] }, lastAt: 1_780_000_060_000 },
    other: { sizes: { 1: [1, 2] } },
  })
  put(folder, 'after.json', after)

  test('gives the table of what was counted between two readings', async () => {
    const args = ['before.json', 'after.json', '--model', 'net', '--out', 'counted']
    const ended = await run('import', 'statistics', ...args)
    expect(ended.code, ended.stderr).toBe(0)
    const evidence = readJson(join(folder, 'counted/evidence.json')) as Evidence
    const isEvidence = await published('evidence')
    isEvidence(evidence)
    expect(evidence.duration_s).toBe(60)
    expect(evidence.requests.answered).toBe(4100)
    const { stdout } = await run('simulate', 'counted/scenario.yaml', '--json')
    const result = JSON.parse(stdout) as Result
    expect(result.classes[0]!.latency.mean.value).toBeGreaterThan(2)
  })

  test('names the models where there are several, and refuses another server', async () => {
    const ended = await run('import', 'statistics', 'after.json')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('after.json: set --model to one of net, other')
    const other = await run('import', 'statistics', 'after.json', 'before.json')
    expectRefusal(other, 3, folder)
    expect(other.stderr).toContain('started again')
    const three = await run('import', 'statistics', ...Array(3).fill('after.json'))
    expectRefusal(three, 2, folder)
  })
})

describe('import prometheus', () => {
  const args = ['import', 'prometheus', 'metrics.json', '--server', 'vllm']

  test('writes a scenario whose simulation has the means of the metrics', async () => {
    const ended = await run(...args, '--out', 'metrics')
    expect(ended.code, ended.stderr).toBe(0)
    expect(filesIn(join(folder, 'metrics'))).toEqual(['evidence.json', 'scenario.yaml'])
    const evidence = readJson(join(folder, 'metrics/evidence.json')) as Evidence
    const isEvidence = await published('evidence')
    isEvidence(evidence)
    const { stdout } = await run('simulate', 'metrics/scenario.yaml', '--json')
    const { latency } = (JSON.parse(stdout) as Result).classes[0]!
    const measured = evidence.latencies.find(({ time }) => time === 'latency')!
    // lengths are assumed to scatter otherwise than they do
    expect(Math.abs(latency.mean.value! / measured.mean.value! - 1)).toBeLessThan(0.15)
  })

  test('refuses counts of one window that disagree', async () => {
    const metrics = engineMetrics() as Record<
      string,
      { data: { result: { values: string[][] }[] } }
    >
    const key = 'vllm:e2e_request_latency_seconds_count'
    const [series] = metrics[key]!.data.result
    series!.values = series!.values.map(([at, count]) => [at!, String(3 * Number(count))])
    put(folder, 'disagree.json', JSON.stringify(metrics))
    const ended = await run('import', 'prometheus', 'disagree.json', '--server', 'vllm')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain(key)
  })

  test.each([
    ['another host', ['http://192.0.2.1:9090', '--from', '-1h'], '--allow-host'],
    ['an address without a window', ['http://127.0.0.1:9'], '--from'],
    ['a file without metrics', ['plain.json'], 'plain.json'],
    ['no file', ['nothing.json'], 'no such file'],
  ])('refuses %s', async (_, words, text) => {
    put(folder, 'plain.json', '{}')
    const ended = await run('import', 'prometheus', ...words, '--server', 'vllm')
    expect([2, 3]).toContain(ended.code)
    expect(ended.stderr).toContain(text)
  })
})

test.each([
  ['requests', 'engine', ['engine.jsonl']],
  ['traces', 'spans', ['spans.json']],
  ['prometheus', 'metrics', ['metrics.json', '--server', 'vllm']],
])('import %s has evidence for every number of the scenario', async (kind, out, words) => {
  await run('import', kind, ...words, '--out', out)
  const text = readFileSync(join(folder, out, 'scenario.yaml'), 'utf8')
  const { models, traffic, pools } = parse(text)
  const { values } = readJson(join(folder, out, 'evidence.json')) as Evidence
  const paths = values.map(({ path }) => path)
  // draws of the same fit, what it was fitted to, and when steps of a schedule begin
  const { alternatives: _, fitted: __, ...work } = models.server.work
  const stated = { models: { server: { work } }, traffic, pools }
  const numbers = Object.entries(stated)
    .flatMap(([key, value]) => numbersIn(value, key))
    .filter((path) => !path.endsWith('.at_s'))
  expect(numbers.length).toBeGreaterThan(4)
  for (const path of numbers) expect(paths).toContain(path)
})
