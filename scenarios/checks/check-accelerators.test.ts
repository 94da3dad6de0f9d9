import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const FIGURE = 'confidence: checked, source: here'
const CARD = `{ accelerator: 1, name: card, title: A card, vendor: V, memory_gib: { value: 16, ${FIGURE} }, bandwidth_gb_s: { value: 300, ${FIGURE} }, tflops: { fp16: { value: 65, ${FIGURE} } }, power_w: { value: 70, ${FIGURE} } }`
const ENCODER = 'law: transformer-encoder, layers: 12, hidden: 768, heads: 12, vocabulary: 30522'

interface Parts {
  readonly work?: string
  readonly model?: string
  readonly accelerator?: string
  readonly pool?: string
  readonly top?: string
}

function problemsOf({ work = ENCODER, model, accelerator = CARD, pool = '', top = '' }: Parts) {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: ${model ?? `{ work: { ${work} } }`} }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 4 }
    input_tokens: { distribution: fixed, value: 64 }
${top}
pools:
  - name: central
    model: m
    accelerator: ${accelerator}
    precision: fp16
    ${pool}`).map((problem) => problem.replace('pools.central.', '…'))
}

describe('an accelerator', () => {
  test('runs a transformer at a precision that it has', () => {
    expect(problemsOf({})).toEqual([])
    expect(problemsOf({ pool: 'max: 1' }).join()).toMatch(/max/)
  })

  test('is needed by a transformer', () => {
    expect(problemsOf({ accelerator: 'local' })).toEqual([
      expect.stringMatching(/^…accelerator: expected an accelerator of the catalogue, as the work/),
    ])
  })

  test('is refused for a model whose times are calibrated', () => {
    expect(problemsOf({ model: '{ builtin: transformer-encoder }' }).join()).toMatch(
      /…accelerator: expected local, as the times of model m are calibrated, got card/,
    )
  })

  test('has an interconnect where several of them share a replica', () => {
    expect(problemsOf({ pool: 'tensor_parallel: 2' })).toEqual([
      '…tensor_parallel: expected 1, as card has no interconnect_gb_s, got 2',
    ])
    const constant = { work: 'law: table, sizes: [1], ms: [2]', pool: 'tensor_parallel: 2' }
    expect(problemsOf(constant).join()).toMatch(/…tensor_parallel: remove tensor_parallel/)
  })
})

test('a partition is of an accelerator of the catalogue, and of a single one', () => {
  expect(problemsOf({ pool: 'partition: 0.25' })).toEqual([])
  const table = { work: 'law: table, sizes: [1], ms: [2]', accelerator: 'local' }
  expect(problemsOf({ ...table, pool: 'partition: 0.25' }).join()).toMatch(/remove partition/)
  const linked = CARD.replace(
    'power_w',
    `interconnect_gb_s: { value: 50, kind: link, ${FIGURE} }, power_w`,
  )
  const pool = 'partition: 0.25\n    tensor_parallel: 2'
  expect(problemsOf({ accelerator: linked, pool }).join()).toMatch(/divides a model among whole/)
})

describe('power and heat', () => {
  const table = 'law: table, sizes: [1], ms: [2]'

  test('need the figures that they depend on', () => {
    const local = { work: table, accelerator: 'local' }
    expect(problemsOf({ ...local, pool: 'power: { limit_w: 50 }' }).join()).toMatch(
      /…power: expected the key curve.*…power.limit_w: expected no limit/,
    )
    expect(
      problemsOf({ ...local, pool: 'heat: { resistance_k_per_w: 1, time_constant_s: 9 }' }).join(),
    ).toMatch(/…heat: expected the key power beside it/)
  })

  test('are in order: points, steps, limits', () => {
    const power = (keys: string) => problemsOf({ pool: `power: { ${keys} }` }).join()
    expect(power('limit_w: 90')).toMatch(/…power.limit_w: expected at most power_w 70/)
    // 12 % of the 70 W of the card
    expect(power('limit_w: 8')).toMatch(/…power.limit_w: expected more than the idle power of 8\.4/)
    expect(power('limit_w: 9')).toBe('')
    const half = problemsOf({ pool: 'power: { limit_w: 60 }\n    partition: 0.5' })
    expect(half.join()).toMatch(/…power.limit_w: expected at most power_w 35/)
    expect(power('idle_w: 60, curve: [{ batch: 1, power_w: 40 }]')).toMatch(/…power.idle_w/)
    expect(power('curve: [{ batch: 4, power_w: 40 }, { batch: 4, power_w: 50 }]')).toMatch(
      /…power.curve.1.batch/,
    )
    const heat = (keys: string) =>
      problemsOf({ pool: `heat: { resistance_k_per_w: 1, time_constant_s: 9, ${keys} }` }).join()
    expect(heat('shutdown_c: 90')).toMatch(/restart_c, which shutdown_c needs/)
    expect(heat('shutdown_c: 90, restart_c: 95')).toMatch(/less than shutdown_c 90/)
    expect(heat('shutdown_c: 90, restart_c: 25')).toMatch(/restart_c: expected more than the 25 °C/)
    const warm = (supply: number) => {
      const pool =
        'heat: { rack: r, resistance_k_per_w: 1, time_constant_s: 9, shutdown_c: 90, restart_c: 60 }'
      const rack = `name: r, supply_c: ${supply}, recirculation_k_per_kw: 1, time_constant_s: 9`
      return problemsOf({ pool: `${pool}\nracks: [{ ${rack} }]` }).join()
    }
    expect(warm(102)).toMatch(/restart_c: expected more than the 102 °C of its air/)
    expect(warm(59)).toBe('')
    expect(heat('throttle: [{ above_c: 80, clock: 0.5 }, { above_c: 85, clock: 0.7 }]')).toMatch(
      /at most the clock before it, 0.5/,
    )
    expect(heat('rack: r')).toMatch(/the name of a rack/)
    expect(heat('shutdown_c: 90, restart_c: 70')).toBe('')
    expect(heat('restart_s: { distribution: fixed, value: 1 }, detection_s: 3')).toMatch(
      /remove restart_s: the pool has no shutdown_c.*remove detection_s: the pool has no shutdown_c/,
    )
    const lost = 'shutdown_c: 90, restart_c: 70, detection_s: 3'
    const uniform = 'restart_s: { distribution: uniform, min: 3, max: 2 }'
    expect(heat(`${lost}, ${uniform}`)).toMatch(/heat.restart_s.max: expected at least min 3/)
  })

  test('of replicas that a shutdown loses are held to the rules of crashes', () => {
    const top = '    fan_out: 2'
    const pool = (keys: string) =>
      `queue: { mode: per-replica }\n    replicas: 2\n    heat: { resistance_k_per_w: 1, time_constant_s: 9${keys} }`
    expect(problemsOf({ top, pool: pool('') }).join()).toBe('')
    expect(problemsOf({ top, pool: pool(', shutdown_c: 90, restart_c: 70') }).join()).toMatch(
      /remove fan_out: replicas of pool central would start and stop/,
    )
  })
})

test('a transformer has dimensions that fit together', () => {
  const decoder = 'law: transformer-decoder, layers: 2, hidden: 64, heads: 8, vocabulary: 100'
  const generation = 'generation: { policy: continuous }'
  const of = (more: string) =>
    problemsOf({ work: `${decoder}, ${more}`, pool: generation }).filter(
      (text) => !text.includes('output_tokens'),
    )
  expect(of('kv_heads: 3').join()).toMatch(/kv_heads: expected a divisor of heads 8, got 3/)
  expect(of('experts: 4').join()).toMatch(/active_experts, which experts needs/)
  expect(of('experts: 4, active_experts: 5').join()).toMatch(/at most experts 4, got 5/)
  expect(of('experts: 4, active_experts: 2').join()).toBe('')
  expect(problemsOf({ work: ENCODER.replace('768', '770') }).join()).toMatch(/a multiple of heads/)
})

test('carbon needs a pool with power', () => {
  const top = 'carbon: { grid_g_per_kwh: 300 }'
  expect(problemsOf({ top })).toEqual([])
  const none = { work: 'law: table, sizes: [1], ms: [2]', accelerator: 'local', top }
  expect(problemsOf(none).join()).toMatch(/carbon: remove carbon/)
})
