import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { noteChangedRates } from './changed-rates.ts'
import { loadSystem } from './prepare.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-changed-rates-'))

/** The notes on overrides of a scenario whose replicas each serve 250 requests/s. */
async function notes(arrivals: string, ...set: string[]): Promise<string[]> {
  const path = join(folder, 'own.yaml')
  writeFileSync(
    path,
    `spillway: 1
name: own
duration_s: 10
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, ${arrivals} } }]
pools: [{ name: central, model: m }]
`,
  )
  const found: string[] = []
  const options = { set, onNote: (text: string) => found.push(text) }
  await noteChangedRates(path, await loadSystem(path, options), options)
  return found
}

describe('overrides that change the capacity', () => {
  test('are noted with the capacity and the rates of classes with load, before and after', async () => {
    expect(await notes('load: 0.6', 'pools.central.replicas=2')).toEqual([
      expect.stringMatching(
        /^--set changes the capacity from 250 to 500 requests\/s, .*: web from 150 to 300 requests\/s; .*\(--set traffic\.web\.arrivals\.load=null --set traffic.web.arrivals.rate_rps=150\)$/,
      ),
    ])
  })

  test('are not noted where the traffic stays', async () => {
    expect(await notes('rate_rps: 100', 'pools.central.replicas=2')).toEqual([])
    expect(await notes('load: 0.6', 'duration_s=5')).toEqual([])
    expect(await notes('load: 0.6')).toEqual([])
  })

  test('are not noted where only the load is changed, as it was asked for', async () => {
    expect(await notes('load: 0.6', 'traffic.web.arrivals.load=0.3')).toEqual([])
  })

  test('are not noted where the scenario is invalid without them', async () => {
    const set = ['traffic.web.arrivals.load=0.3', 'pools.central.replicas=2']
    expect(await notes('load: -1', ...set)).toEqual([])
  })
})
