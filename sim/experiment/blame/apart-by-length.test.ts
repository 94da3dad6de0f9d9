import { describe, expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { keptReplication } from '../simulation/simulate.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { apartByLength } from './apart-by-length.ts'
import { overrideText } from './next-changes.ts'

/** Nine of ten requests are short; the others take as much work altogether. */
const textOf = (pools: string, rest = '') => `
spillway: 1
name: apart
duration_s: 60
seed: 5
models: { m: { work: { law: linear, base_ms: 0, per_item_ms: 0, per_token_ms: 0.1 } } }
traffic:
  - { class: short, arrivals: { process: poisson, rate_rps: 45 }, input_tokens: { distribution: fixed, value: 100 } }
  - { class: long, arrivals: { process: poisson, rate_rps: 5 }, input_tokens: { distribution: fixed, value: 900 } }
pools: [${pools}]
${rest}`
const FOUR = '{ name: central, model: m, replicas: 4, queue: { max_length: 90 } }'

function changesOf(text: string, set: readonly string[] = []) {
  const { scenario } = parseScenario(text, { file: 'x.yaml', set })
  const runs = [keptReplication(simulationInput(scenario), 0).rows.columns]
  return apartByLength(scenario, runs)
}

describe('long requests apart', () => {
  test('of one pool are two with half of the replicas and half of the work each', () => {
    const [change, ...others] = changesOf(textOf(FOUR))
    expect(others).toEqual([])
    expect(change!.values.map(overrideText)).toEqual([
      'pools=[{"name":"central","model":"m","replicas":2,"queue":{"max_length":90}},{"name":"central-long","model":"m","replicas":2,"queue":{"max_length":90}}]',
      'router={"policy":"length-threshold","threshold_tokens":100,"short":"central","long":"central-long"}',
    ])
  })

  test('are a scenario that keeps the rest, as --set takes it', () => {
    const [change] = changesOf(textOf(FOUR))
    const set = change!.values.map(overrideText)
    const { scenario } = parseScenario(textOf(FOUR), { file: 'x.yaml', set })
    const { scenario: before } = parseScenario(textOf(FOUR), { file: 'x.yaml' })
    const [own] = before.pools
    expect(scenario).toEqual({
      ...before,
      router: { policy: 'length-threshold', threshold_tokens: 100, ...ENDS },
      pools: [
        { ...own, replicas: 2 },
        { ...own, name: 'central-long', replicas: 2 },
      ],
    })
  })

  test('of a single replica have another one', () => {
    const [change] = changesOf(textOf('{ name: central, model: m }'))
    expect(change!.name).toBe('one-more-replica-for-long-requests')
    expect(change!.values.map(overrideText)[0]).toBe(
      'pools=[{"name":"central","model":"m"},{"name":"central-long","model":"m"}]',
    )
  })

  test('have a threshold above the prompts of a class that waits for longer ones, too', () => {
    const { scenario } = parseScenario(textOf(FOUR).replace('900', '400'), { file: 'x.yaml' })
    const runs = [keptReplication(simulationInput(scenario), 0).rows.columns]
    const uneven = { ...scenario, pools: [{ ...scenario.pools[0]!, replicas: 2 }] }
    const names = (delayed: number | null) =>
      apartByLength(uneven, runs, delayed).map(({ name }) => name)
    // both thresholds are 100 tokens
    expect(names(0)).toEqual(['long-requests-apart'])
    // no class has longer ones than the second
    expect(names(1)).toEqual(['long-requests-apart'])
    const three = parseScenario(textOf(FOUR).replace('value: 100', 'value: 20'), {
      file: 'x.yaml',
      set: [
        'traffic.short.input_tokens={ distribution: lognormal, median: 300, p99: 600, max: 800 }',
      ],
    }).scenario
    const drawn = [keptReplication(simulationInput(three), 0).rows.columns]
    const [byWork, byPrompts] = apartByLength(three, drawn, 0)
    expect([byWork!.name, byPrompts!.name]).toEqual(['long-requests-apart', 'long-prompts-apart'])
    const threshold = Number(
      /"threshold_tokens":(\d+)/.exec(overrideText(byPrompts!.values[1]!))![1],
    )
    expect(threshold).toBeGreaterThan(500)
    expect(threshold).toBeLessThan(900)
  })

  test('of two pools of one model only need another router', () => {
    const two = '{ name: a, model: m }, { name: b, model: m }'
    const [change] = changesOf(textOf(two))
    expect(change!.values.map(overrideText)).toEqual([
      'router={"policy":"length-threshold","threshold_tokens":100,"short":"a","long":"b"}',
    ])
  })

  test.each([
    ['three pools', textOf('a, b, c'.replace(/\w/g, '{ name: $&, model: m }'))],
    [
      'a router that parts them',
      textOf(
        '{ name: a, model: m }, { name: b, model: m }',
        'router: { policy: length-threshold, threshold_tokens: 9, short: a, long: b }',
      ),
    ],
    ['lengths that are equal', textOf(FOUR).replace('900', '100')],
  ])('are not offered with %s', (_, text) => {
    expect(changesOf(text)).toEqual([])
  })
})

const ENDS = { short: 'central', long: 'central-long' }
