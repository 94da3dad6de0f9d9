import { describe, expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/load/accelerators.ts'
import { parseScenario } from '../../../scenarios/parse/parse.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { uncalibratedWarnings } from '../result/uncalibrated.ts'
import { poolHardware } from '../simulation/hardware.ts'

const ENCODER = 'law: transformer-encoder, layers: 12, hidden: 768, heads: 12, vocabulary: 30522'
const DECODER = 'law: transformer-decoder, layers: 32, hidden: 4096, heads: 32, vocabulary: 32000'
const BATCHES = {
  constant: 'law: constant, ms: 8',
  linear: 'law: linear, base_ms: 4, per_item_ms: 2, per_token_ms: 0.1',
  table: 'law: table, sizes: [1, 8], ms: [4, 12]',
  'length-table': 'law: length-table, sizes: [1, 8], lengths: [16, 64], ms: [[4, 6], [12, 20]]',
  throughput: 'law: throughput, concurrency: [1, 8], throughput_rps: [100, 300]',
  'transformer-encoder': ENCODER,
}
const STEPS = {
  generation: 'law: generation, base_ms: 6, per_sequence_ms: 0.1, per_prefill_token_ms: 0.02',
  'transformer-decoder': DECODER,
}

const INPUT = '    input_tokens: { distribution: fixed, value: 48 }\n'
const card = shippedAccelerators().find(({ name }) => name === 't4')!

function scenarioOf(work: string, factor: string, pool: string, output = '') {
  const text = `spillway: 1
name: faster
duration_s: 10
models: { net: { work: { ${work} }${factor} } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 5 }
${/token|length-table|transformer/.test(work) ? INPUT : ''}${output}pools: [{ name: gpu, model: net${pool} }]
`
  const { scenario } = parseScenario(text, { file: 'faster.yaml' })
  const pools = scenario.pools.map((pool) =>
    pool.accelerator === 't4' ? { ...pool, accelerator: card } : pool,
  )
  return { ...scenario, pools }
}

const hardwareOf = (scenario: Scenario) => poolHardware({ scenario, models: [null] })[0]!

const cardOf = (law: string) => (law.startsWith('transformer') ? ', accelerator: t4' : '')

describe('speed_factor', () => {
  test.each(Object.entries(BATCHES))('divides the times of batches of law %s', (law, work) => {
    const times = (factor: string) => {
      const pool = `${cardOf(law)}, batching: { policy: dynamic, max_batch: 8 }`
      const of = hardwareOf(scenarioOf(work, factor, pool)).work
      return [of.mean(1, 48), of.mean(5, 48)]
    }
    const [one, five] = times('')
    const halved = times(', speed_factor: 2')
    expect(halved[0]).toBeCloseTo(one! / 2, 9)
    expect(halved[1]).toBeCloseTo(five! / 2, 9)
  })

  test.each(Object.entries(STEPS))('divides the times of steps of law %s', (law, work) => {
    const stepMs = (factor: string) => {
      const pool = `${cardOf(law)}, generation: { policy: continuous }`
      const output = '    output_tokens: { distribution: fixed, value: 9 }\n'
      const { steps } = hardwareOf(scenarioOf(work, factor, pool, output))
      return steps!.stepMs({ decodes: 4, context: 400, prefills: 1, prefillTokens: 48 })
    }
    expect(stepMs(', speed_factor: 2')).toBeCloseTo(stepMs('') / 2, 9)
  })

  test('is named as an assumption', () => {
    expect(uncalibratedWarnings(scenarioOf(BATCHES.linear, ', speed_factor: 1.4', ''))).toEqual([
      'pool gpu: uncalibrated: service times (1.4 times as fast as `work` states, by speed_factor)',
    ])
  })
})
