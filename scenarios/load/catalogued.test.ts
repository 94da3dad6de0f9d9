import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scenarioValues } from '../schema/scenario-values.ts'
import { loadScenario } from './load.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-catalogued-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const TEXT = (accelerator: string) => `spillway: 1
name: own
duration_s: 10
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 9 } }]
pools: [{ name: p, model: m, accelerator: ${accelerator} }]
`

function load(accelerator: string, name = 's.yaml') {
  writeFileSync(join(folder, name), TEXT(accelerator))
  return loadScenario(join(folder, name))
}

test('the figures of the catalogue are part of the scenario, and listed by their name', async () => {
  const { scenario, hash } = await load('h100-sxm')
  expect(scenario.pools[0]!.accelerator).toMatchObject({ bandwidth_gb_s: { value: 3350 } })
  const values = scenarioValues(scenario).filter(({ path }) => path.includes('accelerator'))
  expect(values).toEqual([{ path: 'pools.p.accelerator', text: 'h100-sxm', byDefault: false }])
  expect(hash).not.toBe((await load('h100-pcie')).hash)
})

test('a file of the user is relative to the scenario that names it, also when it is extended', async () => {
  const own = readFileSync('scenarios/accelerators/t4.yaml', 'utf8').replace(
    'name: t4',
    'name: mine',
  )
  mkdirSync(join(folder, 'cards'))
  writeFileSync(join(folder, 'cards/mine.yaml'), own)
  expect((await load('cards/mine.yaml')).scenario.pools[0]!.accelerator).toMatchObject({
    name: 'mine',
  })
  mkdirSync(join(folder, 'deep'))
  writeFileSync(join(folder, 'deep/child.yaml'), 'extends: ../s.yaml\n')
  const child = await loadScenario(join(folder, 'deep/child.yaml'))
  expect(child.scenario.pools[0]!.accelerator).toMatchObject({ name: 'mine' })
})

test('an unknown name and an invalid file are problems of the scenario, at their place', async () => {
  await expect(load('h100-sxn')).rejects.toThrow(
    /s\.yaml:6:\d+ pools\.p\.accelerator: .*no such file; did you mean h100-sxm/,
  )
  writeFileSync(join(folder, 'bad.yaml'), 'accelerator: 1\nname: bad\n')
  await expect(load('bad.yaml')).rejects.toThrow(/bad\.yaml:.*memory_gib/)
})

describe('accelerators of variants', () => {
  const withVariant = (accelerator: string) => {
    const text = `${TEXT('t4').replace('law: constant, ms: 4', ENCODER)}variants:
  as-it-stands: {}
  other: { pools.p.accelerator: ${accelerator} }
`
    writeFileSync(join(folder, 'variants.yaml'), text)
    return loadScenario(join(folder, 'variants.yaml'))
  }
  const ENCODER = 'law: transformer-encoder, layers: 2, hidden: 64, heads: 4, vocabulary: 100'

  test('are known when the variants are tried, and keep their names', async () => {
    const { variants, scenario } = await withVariant('l4')
    expect(variants[1]!.set).toEqual(['pools.p.accelerator="l4"'])
    expect(scenario.pools[0]!.accelerator).toMatchObject({ name: 't4' })
  })

  test('that are unknown are problems at their place', async () => {
    await expect(withVariant('l5')).rejects.toThrow(
      /variants\.yaml:9:\d+ variants\.other\..*: .*no such file; did you mean l4/,
    )
  })

  test('that lack the precision of the pool are problems of the variant', async () => {
    const text = readFileSync(join(folder, 'variants.yaml'), 'utf8')
    const changed = text.replace(
      'accelerator: l5',
      'accelerator: v100-sxm, pools.p.precision: int8',
    )
    writeFileSync(join(folder, 'lacking.yaml'), changed)
    await expect(loadScenario(join(folder, 'lacking.yaml'))).rejects.toThrow(
      /variants\.other: .*int8/,
    )
  })
})
