import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { Random } from '../sim/kernel/index.ts'
import { scenarioOf } from './scenarios.ts'
import { commandsIn, expectRefusal, put, readJson, temporaryFolder } from './spillway.ts'

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
    expect([0, 5]).toContain(ended.code)
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
