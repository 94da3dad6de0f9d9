import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { loadScenario } from '../load/load.ts'
import { parseKeptScenario } from './parse.ts'

const LIBRARY = new URL('../library/', import.meta.url).pathname
const FILES = readdirSync(LIBRARY, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
)
const kept = (value: unknown) => parseKeptScenario(JSON.stringify(value), 'scenario.json')

test.each(FILES)('%s: the kept scenario of a run is read back unchanged', async (name) => {
  const { scenario } = await loadScenario(`${LIBRARY}${name}`)
  expect(kept(scenario)).toEqual(scenario)
})

test('a kept scenario with contradictions is refused with all its problems', async () => {
  const { scenario } = await loadScenario(`${LIBRARY}yardstick.yaml`)
  const pools = scenario.pools.map((pool) => ({ ...pool, model: 'none', replicas: 0 }))
  expect(() => kept({ ...scenario, pools })).toThrow(Failure)
  expect(() => kept({ ...scenario, pools })).toThrow(
    /pools\.central\.replicas: .*\n.*pools\.central\.model: /,
  )
  expect(() => kept({ ...scenario, warmup_s: scenario.duration_s })).toThrow('warmup_s: ')
  expect(() => kept([])).toThrow(Failure)
  expect(() => parseKeptScenario('{', 'scenario.json')).toThrow(Failure)
})
