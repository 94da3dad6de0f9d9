import { describe, expect, test } from 'vitest'
import { simulationInput } from '../../sim/experiment/index.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { changed, scenarioOf, TINY, TINY_DECODER } from '../../test/scenarios.ts'
import { extrapolationWarnings } from './extrapolation.ts'

function encoderWarnings(
  fitted: object | undefined,
  { maxBatch, min = 32, max = 128 }: { maxBatch: number; min?: number; max?: number },
): string[] {
  const size = { layers: 2, hidden: 64, heads: 2, vocabulary: 100 }
  const work = { law: 'transformer-encoder', ...size, efficiency: { fitted } }
  const batching = { policy: 'dynamic', max_batch: maxBatch }
  const scenario = scenarioOf({
    models: { m: { work } },
    pools: [{ name: 'central', model: 'm', batching }],
  })
  const { plan } = simulationInput(scenario)
  return extrapolationWarnings({ scenario, plan, lengths: [{ min, max }], models: [null] })
}

function decoderWarnings(fitted: object, generation: object = { token_budget: 512 }): string[] {
  const size = { layers: 2, hidden: 64, heads: 2, vocabulary: 100 }
  const work = { law: 'transformer-decoder', ...size, efficiency: { fitted } }
  const own = { policy: 'continuous', max_sequences: 16, ...generation }
  const traffic = {
    class: 'web',
    arrivals: { process: 'poisson', rate_rps: 1 },
    input_tokens: { distribution: 'uniform', min: 10, max: 300 },
    output_tokens: { distribution: 'fixed', value: 200 },
  }
  const scenario = scenarioOf({
    models: { m: { work } },
    traffic: [traffic],
    pools: [{ name: 'central', model: 'm', generation: own }],
  })
  const { plan } = simulationInput(scenario)
  return extrapolationWarnings({ scenario, plan, lengths: [{ min: 10, max: 300 }], models: [null] })
}

function warningsOf(work: object, maxBatch: number, longest = 1) {
  const scenario = scenarioOf({
    models: { m: { work } },
    pools: [{ name: 'central', model: 'm', batching: { policy: 'dynamic', max_batch: maxBatch } }],
  })
  const { plan } = simulationInput(scenario)
  return extrapolationWarnings({
    scenario,
    plan,
    lengths: [{ min: 1, max: longest }],
    models: [null],
  })
}

const table = { law: 'table', sizes: [1, 8], ms: [3, 9] }
const byLength = {
  law: 'length-table',
  sizes: [1, 8],
  lengths: [16, 64],
  ms: [
    [1, 2],
    [3, 4],
  ],
}

test('batches and lengths beyond what was measured are named, with what was', () => {
  expect(warningsOf(table, 16)).toEqual([
    'pool central: times of m are extrapolated for batches of up to 16 requests (measured: 8)',
  ])
  expect(warningsOf(byLength, 9, 100)).toEqual([
    'pool central: times of m are extrapolated for batches of up to 9 requests (measured: 8) and lengths of up to 100 (measured: 64)',
  ])
  const sweep = { law: 'throughput', concurrency: [1, 32], throughput_rps: [90, 400] }
  expect(warningsOf(sweep, 17)).toHaveLength(1)
})

test('within the measurements there is no warning', () => {
  expect(warningsOf(table, 8)).toEqual([])
  expect(warningsOf(byLength, 8, 64)).toEqual([])
  // a table without lengths is one of all lengths
  expect(warningsOf(table, 8, 1000)).toEqual([])
  expect(warningsOf({ law: 'linear', base_ms: 1 }, 64)).toEqual([])
})

test('a calibrated model is measured up to a batch size, too', () => {
  const scenario = scenarioOf(TINY)
  const { plan } = simulationInput(scenario)
  const models = [madeUpProfile(scenario).models[0]!]
  const lengths = [{ min: 1, max: 1 }]
  expect(extrapolationWarnings({ scenario, plan, lengths, models })).toEqual([])
  models[0]!.work.sizes = [1, 2]
  expect(extrapolationWarnings({ scenario, plan, lengths, models })).toEqual([
    'pool central: times of mlp are extrapolated for batches of up to 4 requests (measured: 2)',
  ])
})

test('a calibrated decoder is measured up to a number of sequences', () => {
  const scenario = scenarioOf(
    changed(TINY_DECODER, ['continuous,', 'continuous, max_sequences: 9,']),
  )
  const { plan } = simulationInput(scenario)
  const { models } = madeUpProfile(scenario)
  expect(
    extrapolationWarnings({ scenario, plan, lengths: [{ min: 40, max: 40 }], models }),
  ).toEqual([
    'pool engine: times of m are extrapolated for steps of up to 9 sequences (measured: 4)',
  ])
})

test('steps that were measured with one replica are named in a pool of several', () => {
  const warningsWith = (replicas: number, executors: number) => {
    const scenario = scenarioOf(
      changed(
        TINY_DECODER,
        ['continuous,', 'continuous, max_sequences: 4,'],
        ['model: m,', `model: m, replicas: ${replicas},`],
      ),
    )
    const { plan } = simulationInput(scenario)
    const { models } = madeUpProfile(scenario)
    const [{ fields }] = models as [(typeof models)[number]]
    for (const field of fields) field.executors = Array(executors).fill(field.executors[0]!)
    return extrapolationWarnings({ scenario, plan, lengths: [{ min: 40, max: 40 }], models })
  }
  expect(warningsWith(2, 1)).toEqual([
    'pool engine: steps of m were measured with one replica, so how 2 replicas slow each other down is unknown; calibrate with --rehearsals, or use spillway run',
  ])
  expect(warningsWith(1, 1)).toEqual([])
  expect(warningsWith(2, 2)).toEqual([])
})

describe('of a fitted model', () => {
  const fitted = { batch: [1, 32], length: [32, 384], error: 0.05 }

  test('batches and lengths outside the fitted ones are named, with the error of the fit', () => {
    expect(encoderWarnings(fitted, { maxBatch: 64, min: 1, max: 512 })).toEqual([
      'pool central: times of m are extrapolated for batches of 1 to 64 requests (fitted: 1 to 32) and lengths of 1 to 512 tokens (fitted: 32 to 384); the error of 5 % that the fit states is for the fitted ones',
    ])
    const large = { ...fitted, batch: [8, 32] }
    expect(encoderWarnings(large, { maxBatch: 8 })[0]).toContain('batches of 1 to 8 requests')
  })

  test('within the fitted ones, or where no range is stated, there is no warning', () => {
    expect(encoderWarnings(fitted, { maxBatch: 32 })).toEqual([])
    expect(encoderWarnings(undefined, { maxBatch: 64 })).toEqual([])
  })

  test('a decoder has contexts that grow by its answers, and prefill', () => {
    const all = { batch: [1, 16], length: [10, 500], prefill_tokens: [1, 512], error: 0.1 }
    expect(decoderWarnings(all)).toEqual([])
    const [warning] = decoderWarnings({ batch: [1, 16], length: [10, 300], error: 0.1 })
    expect(warning).toContain('contexts of 10 to 500 tokens (fitted: 10 to 300)')
    expect(warning).toContain('prefill of 512 tokens (fitted: none)')
    const few = decoderWarnings(all, { policy: 'static', max_sequences: 4 })
    expect(few[0]).toContain('prefill of 1200 tokens (fitted: 1 to 512)')
  })
})

test('times of a step are extrapolated beyond the number of sequences that was measured', () => {
  const warnings = (fitted: object | undefined, most: number) => {
    const scenario = scenarioOf({
      models: { m: { work: { law: 'generation', base_ms: 10, fitted } } },
      traffic: [
        {
          class: 'web',
          arrivals: { process: 'poisson', rate_rps: 1 },
          output_tokens: { distribution: 'fixed', value: 10 },
        },
      ],
      pools: [
        { name: 'central', model: 'm', generation: { policy: 'continuous', max_sequences: most } },
      ],
    })
    const { plan } = simulationInput(scenario)
    return extrapolationWarnings({ scenario, plan, lengths: [{ min: 1, max: 1 }], models: [null] })
  }
  expect(warnings({ batch: [1, 64] }, 128)).toEqual([
    'pool central: times of m are extrapolated for steps of 1 to 128 sequences (fitted: 1 to 64)',
  ])
  expect(warnings({ batch: [1, 64] }, 64)).toEqual([])
  // what was not stated is not judged
  expect(warnings(undefined, 128)).toEqual([])
  expect(warnings({ source: 'a log' }, 128)).toEqual([])
})
