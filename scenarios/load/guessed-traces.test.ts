import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Failure } from '../failure.ts'
import { loadScenario } from './load.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-guessed-'))
  writeFileSync(join(folder, 'log.csv'), 'ts,tokens,url\n1700000000,5,/a\n1700000001,6,/b\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

function load(
  arrivals: string,
  { work = 'law: linear, base_ms: 1, per_token_ms: 1', more = '' } = {},
) {
  const text = `spillway: 1
name: own
duration_s: 10
models: { m: { work: { ${work} } } }
traffic: [{ class: web, arrivals: { process: trace, file: log.csv${arrivals} }${more} }]
pools: [{ name: p, model: m }]
`
  writeFileSync(join(folder, 's.yaml'), text)
  return loadScenario(join(folder, 's.yaml'))
}

test('what is guessed is part of the scenario, as if it were stated', async () => {
  const guessed = await load('')
  expect(guessed.notes).toEqual([
    'log.csv: read as csv: time column `ts` (s), lengths `tokens`; set arrivals.columns.time to choose another',
  ])
  const stated = await load(
    ', format: csv, columns: { time: ts, input_tokens: tokens }, time_unit: s',
  )
  expect(stated.notes).toEqual([])
  expect(guessed.scenario).toEqual(stated.scenario)
  expect(guessed.hash).toBe(stated.hash)
  expect(guessed.scenario.traffic[0]!.input_tokens).toEqual({ distribution: 'trace' })
})

test('lengths are not taken where the class has its own, or the work needs none', async () => {
  const own = await load('', { more: ', input_tokens: { distribution: fixed, value: 3 }' })
  const needless = await load('', { work: 'law: constant, ms: 3' })
  for (const { scenario } of [own, needless]) {
    expect(scenario.traffic[0]!.arrivals).toMatchObject({ columns: { time: 'ts' } })
  }
  expect(own.scenario.traffic[0]!.input_tokens).toEqual({ distribution: 'fixed', value: 3 })
})

test('a class column without values takes the rows of the name of the class', async () => {
  const { scenario } = await load(', columns: { class: url }')
  expect(scenario.traffic[0]!.arrivals).toMatchObject({
    columns: { time: 'ts', input_tokens: 'tokens', class: 'url' },
    class_values: ['web'],
  })
})

test('everything that is missing is one list of problems, beside the other problems', async () => {
  writeFileSync(join(folder, 'odd.csv'), 'created,received,tokens\n1,2,3\n')
  const failure = await load('', { more: ', arrivels: 3' }).catch((error: Failure) => error)
  expect((failure as Failure).problems).toHaveLength(1)
  const odd = await loadScenario(join(folder, 's.yaml'), {
    set: ['traffic.web.arrivals.file=odd.csv', 'seed=x'],
  }).catch((error: Failure) => error)
  const { problems } = odd as Failure
  expect(problems).toHaveLength(3)
  expect(problems.join('\n')).toMatch(
    /--set traffic.web.arrivals.file=odd.csv: odd.csv: `created` and `received` may each be the time/,
  )
})
