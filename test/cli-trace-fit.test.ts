import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { Random } from '../sim/kernel/index.ts'
import { scenarioOf } from './scenarios.ts'
import { commandsIn, expectRefusal, put, readJson, temporaryFolder } from './spillway.ts'
import { expectExitBy, expectExitByText } from './verdict-exit.ts'

const folder = temporaryFolder()
const { run } = commandsIn(folder)

/** 3,000 rows of Poisson traffic, 10/s. */
function poissonRows(): string {
  const random = new Random('rows')
  let at = 0
  const rows = Array.from({ length: 3000 }, () => {
    at += random.exponential() / 10
    return `${at.toFixed(6)},${1 + random.integer(500)}`
  })
  return `at,tokens\n${rows.join('\n')}\n`
}

put(folder, 'calm.csv', poissonRows())
const COLUMNS = ['--columns', 'time=at', '--columns', 'input_tokens=tokens', '--time-unit', 's']

describe('trace fit', () => {
  test('prints a section that a scenario accepts, with its figures above it', async () => {
    const ended = await run('trace', 'fit', 'calm.csv', ...COLUMNS, '--class', 'web')
    expectExitByText(/^# ([A-Z]+): /m, ended)
    expect(ended.stdout).toMatch(/^# dispersion, 1 s .*PASS$/m)
    expect(ended.stdout).toMatch(/^# (PASS|UNDECIDED): /m)
    const section = parse(ended.stdout)
    expect(section.traffic[0].class).toBe('web')
    const text = `spillway: 1
name: pasted
duration_s: 600
models: { m: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } } }
pools: [{ name: central, model: m }]
${ended.stdout}`
    const scenario = scenarioOf(text)
    expect(scenario.traffic[0]!.input_tokens.distribution).toBe('quantiles')
  })

  test('repeats its result, also as a document, and writes both', async () => {
    const args = ['trace', 'fit', 'calm.csv', ...COLUMNS, '--json', '--out', 'fitted']
    const [first, second] = [await run(...args), await run(...args)]
    expect(first.stdout).toBe(second.stdout)
    const document = JSON.parse(first.stdout)
    expect(document).toMatchObject({ document: 'spillway-trace-fit', rows: 3000, load: 0.7 })
    expect(readJson(`${folder}/fitted/trace-fit.json`)).toEqual(document)
    const page = readFileSync(`${folder}/fitted/trace-fit.html`, 'utf8')
    for (const chart of ['rate', 'dispersion', 'lengths']) {
      for (const side of ['recorded', 'fitted']) expect(page).toContain(`id="${chart}-${side}"`)
    }
  })

  test('with a class column fits a class for each value, side by side in time', async () => {
    const random = new Random('classes')
    const rows: (readonly [at: number, endpoint: string])[] = []
    for (let at = 0; at < 400; at += random.exponential() / 12) rows.push([at, '/pay now'])
    // from 200 s on, and a surge that begins at 300 s
    for (let at = 200; at < 400; ) {
      rows.push([at, '/search'])
      at += random.exponential() / (at > 300 && at < 330 ? 60 : 10)
    }
    for (const at of [1, 2, 3]) rows.push([at, '/health'])
    const lines = [...rows].sort((a, b) => a[0] - b[0]).map((row) => row.join(','))
    put(folder, 'shop.csv', `at,endpoint\n${lines.join('\n')}\n`)
    const args = ['trace', 'fit', 'shop.csv', '--columns', 'class=endpoint']
    const ended = await run(...args, '--json', '--out', 'shop')
    expectExitBy(JSON.parse(ended.stdout), ended)
    const { classes, left_out, rows: fitted, class_column } = JSON.parse(ended.stdout)
    expect(class_column).toBe('endpoint')
    expect(left_out).toEqual([{ value: '/health', rows: 3, why: 'too few to fit' }])
    expect(fitted).toBe(rows.length - 3)
    expect(classes.map((entry: { class: string }) => entry.class)).toEqual(['pay-now', 'search'])
    const text = readFileSync(`${folder}/shop/traffic.yaml`, 'utf8')
    expect(text).toContain('# Left out: /health, 3 requests: too few to fit.\n')
    expect(text).toMatch(/^# Class search \(\/search\): [\d,]+ requests from 200 to 400 s\.$/m)
    const [pay, search] = parse(text).traffic
    expect(pay.arrivals.rate_rps).toBeCloseTo(12, -0.5)
    // silent until its first row
    expect(search.arrivals.schedule[0]).toEqual({ at_s: 0, rate_rps: 0 })
    expect(search.arrivals.schedule[1].at_s).toBe(200)
    expect(Math.abs(search.arrivals.surges[0].at_s - 300)).toBeLessThan(3)
    const page = readFileSync(`${folder}/shop/trace-fit.html`, 'utf8')
    for (const id of ['rate-recorded', 'rate-recorded-2', 'rate-fitted-2']) {
      expect(page).toContain(`id="${id}"`)
    }
    const named = await run(...args, '--class', 'web')
    expectRefusal(named, 2, folder)
    expect(named.stderr).toContain('--class: classes have the names of their values')
    const wide = await run('trace', 'fit', 'calm.csv', '--columns', 'class=tokens')
    expectRefusal(wide, 3, folder)
    expect(wide.stderr).toMatch(/expected from 1 to 20 values of tokens with .* --class-values\n$/)
  })

  test('refuses a trace of months, whose fit would take hours and gigabytes', async () => {
    put(folder, 'far.csv', `at,tokens\n${'0,1\n1,2\n'.repeat(50)}9007199,3\n`)
    const ended = await run('trace', 'fit', 'far.csv', ...COLUMNS)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(
      /far\.csv: expected rows over at most 2000000 s, got 9007199 s; fit a part/,
    )
  })

  test('refuses a load above 1, and rows of one instant', async () => {
    expectRefusal(await run('trace', 'fit', 'calm.csv', ...COLUMNS, '--load', '1'), 2, folder)
    put(folder, 'instant.csv', 'at,tokens\n1,5\n1,6\n')
    const ended = await run('trace', 'fit', 'instant.csv', ...COLUMNS)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toContain('expected rows at different times')
  })
})
