import { describe, expect, test } from 'vitest'
import { loadScenario } from '../../../scenarios/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { madeUpProfile } from '../../../test/profiles.ts'
import { changed } from '../../../test/scenarios.ts'
import { loadSystem, unknownOf } from '../prepare.ts'
import { ConfigurationInputs } from './configuration-inputs.ts'

const TABLE = '{ work: { law: table, sizes: [1, 2], ms: [8, 11] } }'
const NET = '{ builtin: mlp, layers: 2, width: 64 }'

const textOf = (more: string, models = `{ net: ${NET}, m: ${TABLE} }`) => `spillway: 1
name: both
duration_s: 10
models: ${models}
traffic:
  - { class: a, model: net, arrivals: { process: poisson, rate_rps: 40 } }
  - { class: b, model: m, arrivals: { process: poisson, rate_rps: 40 } }
pools:
  - { name: a, model: net }
  - { name: b, model: m, batching: { policy: dynamic, max_batch: 2 } }
${more}
`

const INCLUDED = 'uncertain: { sources: included }'
const RATE = 'traffic.b.arrivals.rate_rps'

const sourceOf = (text: string) => ({ file: 'both.yaml', text, directory: '.' })

/** A profile whose models had these speeds on four occasions. */
async function profileOf(text: string): Promise<Profile> {
  const { scenario } = await loadScenario(sourceOf(text))
  const pools = scenario.pools.filter(({ model }) => model === 'net')
  const profile = madeUpProfile({ ...scenario, pools })
  const region = { fromSize: 1, toSize: 4, fromLength: 1, toLength: 1, error: null }
  const occasions = [0.97, 1.01, 1, 1.02].map((speed) => {
    return { calibration: 'monday', speeds: [speed], idle: null }
  })
  const widths = { regions: [region], occasions, levels: [] }
  return { ...profile, models: profile.models.map((model) => ({ ...model, widths })) }
}

describe('what is not known of a configuration', () => {
  test.each([
    ['nothing', '', []],
    ['what it states', `uncertain: { ${RATE}: ± 5 % }`, [RATE]],
    ['what its sources bring', INCLUDED, ['speed of m', 'speed of net']],
    [
      'both',
      `uncertain: { ${RATE}: ± 5 %, sources: included }`,
      [RATE, 'speed of m', 'speed of net'],
    ],
  ])('is that of the system that is simulated: %s', async (_, more, names) => {
    const profile = await profileOf(textOf(more))
    const inputs = new ConfigurationInputs(profile)
    const loaded = await loadScenario(sourceOf(textOf(more)))
    const drawn = await inputs.of(loaded)
    expect(drawn?.inputs.map(({ name }) => name) ?? []).toEqual(names)
    expect(drawn).toEqual(unknownOf(await loadSystem(loaded, { profile })))
    // models of a profile are looked up once
    expect(await inputs.of(loaded)).toEqual(drawn)
  })

  test('is nothing where no source has a width', async () => {
    const text = changed(textOf(INCLUDED), [TABLE, '{ work: { law: constant, ms: 8 } }'])
    const { scenario } = await loadScenario(sourceOf(text))
    const profile = madeUpProfile({ ...scenario, pools: scenario.pools.slice(0, 1) })
    const loaded = await loadScenario(sourceOf(text))
    expect(loaded.uncertain).toMatchObject({ inputs: [], withSources: true })
    expect(await new ConfigurationInputs(profile).of(loaded)).toBeNull()
    expect(unknownOf(await loadSystem(loaded, { profile }))).toBeNull()
  })

  test('is what it declares where the profile lacks its model: it is not simulated', async () => {
    const profile = { ...(await profileOf(textOf(INCLUDED))), models: [] }
    const drawn = await new ConfigurationInputs(profile).of(
      await loadScenario(sourceOf(textOf(INCLUDED))),
    )
    expect(drawn!.inputs.map(({ name }) => name)).toEqual(['speed of m'])
  })
})
