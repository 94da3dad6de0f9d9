import { describe, expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/load/accelerators.ts'
import { loadScenario } from '../../../scenarios/load/load.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { hasMeasuredTimes, uncalibratedWarnings } from '../result/uncalibrated.ts'
import { transferOf, transferWarnings } from './transfer.ts'

const card = (name: string) => shippedAccelerators().find((one) => one.name === name)!

const SIZE = { layers: 2, hidden: 64, heads: 2, vocabulary: 100 }
const T4 = { accelerator: 't4', precision: 'fp16', error: 0.03 }

function encoderOn(pool: object, fitted: object = T4) {
  const work = { law: 'transformer-encoder', ...SIZE, efficiency: { fitted } }
  return scenarioOf({
    models: { m: { work } },
    pools: [{ name: 'gpu', model: 'm', accelerator: card('t4'), precision: 'fp16', ...pool }],
  })
}

const changesOf = (pool: object, fitted?: object) =>
  transferOf(encoderOn(pool, fitted), 0)?.changes ?? []

describe('a fit', () => {
  test('is not transferred where it was made', () => {
    expect(changesOf({})).toEqual([])
    expect(transferWarnings(encoderOn({}))).toEqual([])
    // a fit without an engine differs from no engine
    expect(changesOf({ engine: 'vLLM' })).toEqual([])
    expect(changesOf({}, { ...T4, engine: 'vLLM' })).toEqual([])
  })

  test('is transferred to another card, precision, engine, number of cards or share of one', () => {
    expect(changesOf({ accelerator: card('a100-sxm-40') })).toEqual(['card'])
    expect(changesOf({ precision: 'int8' })).toEqual(['precision'])
    expect(changesOf({ engine: 'vLLM' }, { ...T4, engine: 'TensorRT' })).toEqual(['engine'])
    expect(changesOf({ tensor_parallel: 2 })).toEqual(['tensor_parallel'])
    expect(changesOf({ partition: 0.5 })).toEqual(['partition'])
    expect(changesOf({ accelerator: card('l4'), precision: 'int8' })).toEqual(['card', 'precision'])
  })

  test('is said to be transferred, with both places and what such transfers missed by', () => {
    expect(transferWarnings(encoderOn({ accelerator: card('a100-sxm-40') }))).toEqual([
      'pool gpu: times of m are transferred: fitted on t4 at fp16, used on a100-sxm-40 at fp16; transfers of this kind missed by −40 … +55 %; the error of 3 % that the fit states is not of this',
    ])
    const [text] = transferWarnings(encoderOn({ partition: 0.5 }))
    expect(text).toContain('used on 50 % of t4 at fp16; no transfer of this kind was measured')
  })

  test('of an unknown card is said to be that, and is transferred by what it states', () => {
    const old = { error: 0.03 }
    expect(changesOf({ accelerator: card('l4'), precision: 'int8', partition: 0.5 }, old)).toEqual(
      [],
    )
    expect(uncalibratedWarnings(encoderOn({}, old)).join()).toContain(
      'service times (fitted on an unknown card)',
    )
    expect(uncalibratedWarnings(encoderOn({})).join()).not.toContain('unknown card')
    expect(changesOf({ precision: 'int8' }, { ...old, precision: 'fp16' })).toEqual(['precision'])
  })
})

describe('times of a step', () => {
  const steps = (fitted: object | undefined, pool: object) =>
    scenarioOf({
      models: { m: { work: { law: 'generation', base_ms: 10, fitted } } },
      traffic: [
        {
          class: 'web',
          arrivals: { process: 'poisson', rate_rps: 1 },
          output_tokens: { distribution: 'fixed', value: 10 },
        },
      ],
      pools: [{ name: 'gpu', model: 'm', generation: { policy: 'continuous' }, ...pool }],
    })

  test('that state no fit are declared: they do not follow from the card', () => {
    const declared = 'times of a step (declared: they do not follow from l4)'
    expect(uncalibratedWarnings(steps(undefined, { accelerator: card('l4') })).join()).toContain(
      declared,
    )
    const fitted = { accelerator: 'l4', precision: 'fp32' }
    expect(uncalibratedWarnings(steps(fitted, { accelerator: card('l4') })).join()).not.toContain(
      'declared',
    )
    expect(uncalibratedWarnings(steps(undefined, {}))).toEqual([])
  })

  test('on another card are those of the fit, and nothing is known of their error', () => {
    const fitted = { accelerator: 'l4', precision: 'fp32' }
    const [text] = transferWarnings(steps(fitted, { accelerator: card('t4') }))
    expect(text).toContain('no transfer of this kind was measured')
    expect(text).toContain('times of a step do not follow from the accelerator')
  })
})

test.each([
  ['precision', 'pools.gpu.accelerator=l4', 't4 at fp32', 'l4 at fp32'],
  ['llama-3.1-8b-rtx-pro-6000', 'pools.engine.accelerator=l4', 'rtx-pro-6000', 'l4'],
  ['qwen3-30b-a3b-rtx-pro-6000x2', 'pools.engine.accelerator=h100-sxm', 'rtx-pro-6000', 'h100-sxm'],
])('the shipped fit of %s is transferred with %s', async (name, set, from, to) => {
  expect(transferWarnings((await loadScenario(name)).scenario)).toEqual([])
  const { scenario } = await loadScenario(name, { set: [set] })
  const [text] = transferWarnings(scenario)
  expect(text).toContain(`fitted on ${from}`)
  expect(text).toContain(`used on ${to}`)
})

test('each variant of precision has the fit of its card and precision', async () => {
  const { variants } = await loadScenario('precision')
  expect(variants).toHaveLength(6)
  for (const { set } of variants) {
    const { scenario } = await loadScenario('precision', { set: [...set] })
    expect(transferWarnings(scenario)).toEqual([])
    expect(hasMeasuredTimes(scenario)).toBe(true)
  }
})

test('a source does not make a power curve a measured one', () => {
  const power = { idle_w: 10, curve: [{ batch: 1, power_w: 60 }] }
  const of = (more: object) =>
    uncalibratedWarnings(
      scenarioOf({ pools: [{ name: 'p', model: 'm', power: { ...power, ...more } }] }),
    )
  expect(of({})).toEqual(['pool p: uncalibrated: power (no source)'])
  expect(of({ source: 'a guess' })).toEqual(['pool p: uncalibrated: power (source not checked)'])
  expect(of({ source: 'a quote', confidence: 'secondary' })).toEqual([
    'pool p: uncalibrated: power (source not checked)',
  ])
  expect(of({ source: 'our nvidia-smi log', confidence: 'checked' })).toEqual([])
  // sure of what?
  expect(of({ confidence: 'checked' })).toEqual(['pool p: uncalibrated: power (no source)'])
})
