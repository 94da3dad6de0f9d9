import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { beforeAll, describe, expect, test } from 'vitest'
import { stream } from '../sim/kernel/index.ts'
import { commandsIn, expectRefusal, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

/** Traces in real formats: inspected, and simulated from files too long for memory. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

const ROWS = 80_000
const RATE_RPS = 400

const random = stream(9, 0, 'trace')
let now = 0
const at = Float64Array.from({ length: ROWS }, () => (now += random.exponential() / RATE_RPS))
const lengths = Int32Array.from(at, () => 1 + random.integer(100))

beforeAll(() => {
  const columnData = [
    { name: 'at', data: at, type: 'DOUBLE' as const },
    { name: 'prompt', data: lengths, type: 'INT32' as const },
  ]
  put(folder, 'log.parquet', new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 9000 })))
  const lines = Array.from(at, (time, i) => `${time},${lengths[i]}`)
  put(folder, 'log.csv', `at,prompt\n${lines.join('\n')}\n`)
  put(folder, 'late.csv', `at,prompt\n${[...lines, '0,1'].join('\n')}\n`)
})

const columns = ['--columns', 'time=at', '--columns', 'input_tokens=prompt', '--time-unit', 's']

function scenario(name: string, file: string): string {
  const format = file.split('.')[1]
  return put(
    folder,
    name,
    `spillway: 1
name: recorded
duration_s: 100
models: { encoder: { work: { law: linear, base_ms: 2, per_item_ms: 0.5, per_token_ms: 0.01 } } }
traffic:
  - class: web
    arrivals:
      { process: trace, file: ${file}, format: ${format}, time_unit: s, columns: { time: at, input_tokens: prompt } }
pools:
  - { name: central, model: encoder, replicas: 2, batching: { policy: dynamic, max_batch: 8, max_delay_ms: 2 } }
`,
  )
}

describe('trace inspect', () => {
  test('recognises the columns of requests.jsonl in a run folder', async () => {
    scenario('few.yaml', 'log.csv')
    await run('requests', 'few.yaml', '--out', 'few')
    const ended = await run('trace', 'inspect', 'few/requests.jsonl', '--json')
    expect(ended.code, ended.stderr).toBe(0)
    const { rows, input_tokens: inputTokens } = JSON.parse(ended.stdout)
    const counted = lengths.slice(0, at.filter((time) => time - at[0]! < 100).length)
    expect(rows).toBe(counted.length)
    expect(inputTokens.mean).toBeCloseTo(
      counted.reduce((sum, value) => sum + value, 0) / counted.length,
      6,
    )
  })

  test('says on stderr how it reads a file, and asks for all that it cannot guess', async () => {
    const guessed = await run('trace', 'inspect', 'log.csv', '--json')
    expect(guessed.code, guessed.stderr).toBe(0)
    expect(guessed.stderr).toContain(
      'note: log.csv: read as csv: time column `at` (s), no lengths; seconds are assumed',
    )
    expect(JSON.parse(guessed.stdout).rows).toBe(ROWS)
    put(folder, 'two.csv', 'created,received,tokens,prompt_tokens\n1,2,3,4\n2,3,4,5\n')
    const ambiguous = await run('trace', 'inspect', 'two.csv')
    expectRefusal(ambiguous, 2, folder)
    expect(ambiguous.stderr).toBe(
      'error: two.csv: `created` and `received` may each be the time of arrival; ' +
        'set --columns time=NAME to one of them\n' +
        'error: two.csv: `tokens` and `prompt_tokens` may each be input_tokens; ' +
        'set --columns input_tokens=NAME to one of them\n',
    )
  })

  test('states when the trace is busiest, in UTC for dated times of any unit', async () => {
    const times = Array.from({ length: 900 }, (_, i) => i * 0.1).flatMap((time) =>
      time >= 40 && time < 50 ? [time, time, time] : [time],
    )
    const from = Date.UTC(2026, 2, 1, 9, 30)
    const rowsOf = (text: (ms: number) => string) =>
      `arrived_at\n${times.map((time) => text(from + Math.round(1000 * time))).join('\n')}\n`
    put(
      folder,
      'iso.csv',
      rowsOf((ms) => new Date(ms).toISOString()),
    )
    put(
      folder,
      'epoch.csv',
      rowsOf((ms) => String(ms / 1000)),
    )
    put(
      folder,
      'plain.csv',
      rowsOf((ms) => String((ms - from) / 1000)),
    )
    const busiest = '40 s after the first row, 30/s, 2.4 times the mean'
    for (const name of ['iso.csv', 'epoch.csv']) {
      const { stdout } = await run('trace', 'inspect', name)
      expect(stdout).toContain(`busiest 10 s: 2026-03-01 09:30:40 UTC, ${busiest}`)
    }
    const { stdout } = await run('trace', 'inspect', 'plain.csv', '--time-unit', 's', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      first_row_at: null,
      peak: { window_s: 10, at_s: 40, rps: 30 },
    })
  })

  test('names every column that does not match the file at once', async () => {
    const wrong = ['--columns', 'time=att', '--columns', 'input_tokens=promt']
    const ended = await run('trace', 'inspect', 'log.csv', ...wrong)
    expectRefusal(ended, 2, folder)
    expect(ended.stderr).toBe(
      'error: log.csv: --columns time=NAME: expected one of at, prompt, got "att"; did you mean at?\n' +
        'error: log.csv: --columns input_tokens=NAME: expected one of at, prompt, got "promt"; did you mean prompt?\n' +
        'error: log.csv: set --time-unit to s, ms, us, ns or iso\n',
    )
    put(
      folder,
      'azure.csv',
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.97,5,5\n',
    )
    const needless = await run('trace', 'inspect', 'azure.csv', '--columns', 'time=TIMESTAMP')
    expectRefusal(needless, 2, folder)
    expect(needless.stderr).toContain('remove --columns time=NAME: the file is in format azure-llm')
    const directory = await run('trace', 'inspect', '.')
    expectRefusal(directory, 3, folder)
    expect(directory.stderr).toBe('error: .: expected a trace, got a folder\n')
    const key = await run('trace', 'inspect', 'log.csv', '--columns', 'tim=at')
    expectRefusal(key, 2, folder)
    expect(key.stderr).toContain('Did you mean time?')
  })

  test('--columns class=NAME shows the classes apart, and trace fit fits those of a value', async () => {
    const rows = Array.from(at.subarray(0, 4000), (time, i) => `${time},${i % 4 ? '/a' : '/b'}`)
    put(folder, 'classes.csv', `at,endpoint\n${rows.join('\n')}\n`)
    const byClass = ['--columns', 'class=endpoint']
    const shown = await run('trace', 'inspect', 'classes.csv', ...byClass)
    expect(shown.code, shown.stderr).toBe(0)
    expect(shown.stdout).toMatch(/^\/a +3,000 +75\.0 %/m)
    expect(shown.stdout).toMatch(/^\/b +1,000 +25\.0 %/m)
    const unknown = await run('trace', 'fit', 'classes.csv', ...byClass, '--class-values', '/c')
    expectRefusal(unknown, 3, folder)
    expect(unknown.stderr).toMatch(/its values are \/b, \/a: set --class-values\n$/)
    const identity = await run('trace', 'inspect', 'log.csv', '--columns', 'class=at')
    expectRefusal(identity, 3, folder)
    expect(identity.stderr).toMatch(/got more; set --columns class=NAME to another column\n$/)
    const fitted = await run('trace', 'fit', 'classes.csv', ...byClass, '--class-values', '/b')
    expect(fitted.stdout).toContain('1,000 requests')
  })

  test('finds the same in CSV and in Parquet, which is recognised by its first bytes', async () => {
    const csv = await run('trace', 'inspect', 'log.csv', '--format', 'csv', ...columns, '--json')
    const parquet = await run('trace', 'inspect', 'log.parquet', ...columns, '--json')
    expect([csv.code, parquet.code]).toEqual([0, 0])
    const { file, command, ...figures } = JSON.parse(parquet.stdout)
    expect(figures).toEqual({ ...JSON.parse(csv.stdout), file: undefined, command: undefined })
    expect([file, command.split(' ')[2]]).toEqual(['log.parquet', 'inspect'])
    expect(figures.rows).toBe(ROWS)
    expect(figures.mean_rps).toBeCloseTo(ROWS / (at.at(-1)! - at[0]!), 6)
    // percentiles of 80,000 different gaps are approximate, with a stated error
    expect(figures.gaps.percentile_error).toBe(0.0079)
    expect(Math.abs(figures.gaps.p50 / (Math.LN2 / RATE_RPS) - 1)).toBeLessThan(0.03)
  })

  test('--out writes the document and a page of its charts', async () => {
    const ended = await run('trace', 'inspect', 'log.parquet', ...columns, '--out', 'today')
    expect(ended.code).toBe(0)
    expect(filesIn(join(folder, 'today'))).toEqual(['trace.html', 'trace.json'])
    expect(readJson(join(folder, 'today/trace.json'))).toMatchObject({
      document: 'spillway-trace',
      rows: ROWS,
    })
  })

  test('refuses a row that is too far from its place in time, with its line', async () => {
    const ended = await run('trace', 'inspect', 'late.csv', '--format', 'csv', ...columns)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(
      /late\.csv:80002: expected a row at most 32768 rows from its place in time, got one further behind; sort the file/,
    )
  })
})

test('simulate streams a trace that is too long for memory, with equal results in all formats', async () => {
  scenario('csv.yaml', 'log.csv')
  scenario('parquet.yaml', 'log.parquet')
  const results = []
  for (const name of ['csv.yaml', 'parquet.yaml']) {
    const ended = await run('simulate', name, '--replications', '2', '--json')
    expect(ended.code, ended.stderr).toBe(0)
    results.push(JSON.parse(ended.stdout))
  }
  const [csv, parquet] = results
  const before = at.filter((time) => time - at[0]! < 100).length
  // both replications have the rows of the trace
  expect(csv.classes[0].counts.arrived).toBe(2 * before)
  expect(parquet.classes).toEqual(csv.classes)
  expect(parquet.requests).toBe(csv.requests)
  const listed = await run('requests', 'csv.yaml', '--json')
  expect(JSON.parse(listed.stdout)).toMatchObject({ count: before, hash: csv.requests })
})
