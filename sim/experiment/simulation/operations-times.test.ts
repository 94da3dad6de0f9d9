import { describe, expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/index.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { withDeclaredSpeed } from '../system/scaled-speed.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { poolHardware } from './hardware.ts'
import { runReplication } from './simulate.ts'

const T4 = shippedAccelerators().find(({ name }) => name === 't4')!
const PEAK = { compute: 1, memory: 1, launch_us: 0 }
const gflopsAMs = (precision: 'fp32' | 'fp16' | 'int8') => T4.tflops[precision]!.value
const mibAMs = (T4.bandwidth_gb_s.value * 1e6) / 2 ** 20

const scenario = (work: object, pool: object = {}) =>
  scenarioOf({
    models: { m: { work: { law: 'operations', efficiency: PEAK, ...work } } },
    pools: [{ name: 'central', model: 'm', accelerator: T4, ...pool }],
  })
const workOf = (own: ReturnType<typeof scenario>) =>
  poolHardware({ scenario: own, models: [null] })[0]!.work
const timeOf = (work: object, pool: object = {}) => workOf(scenario(work, pool)).mean

describe('the time of a batch by its operations', () => {
  test('is that of its FLOPs at the peak of the precision where they bound it', () => {
    const work = { gflops_per_item: 2, gflops_per_token: 3, gflops_per_token_squared: 5 }
    // 4 requests of length 7
    const gflops = 4 * (2 + 3 * 7 + 5 * 49)
    expect(timeOf(work)(4, 7)).toBeCloseTo(gflops / gflopsAMs('fp32'), 9)
    expect(timeOf(work, { precision: 'int8' })(4, 7)).toBeCloseTo(gflops / gflopsAMs('int8'), 9)
    // negative control: another length takes another time
    expect(timeOf(work)(4, 8)).toBeGreaterThan(1.05 * timeOf(work)(4, 7))
  })

  test('is that of its bytes where they bound it, at the bits of weights and activations', () => {
    const work = {
      weights_mib: 100,
      moved_mib_per_item: 2,
      moved_mib_per_token: 3,
      moved_mib_per_token_squared: 5,
    }
    const moved = 4 * (2 + 3 * 7 + 5 * 49)
    expect(timeOf(work)(4, 7)).toBeCloseTo((100 + moved) / mibAMs, 9)
    expect(timeOf(work, { precision: 'fp16' })(4, 7)).toBeCloseTo((50 + moved / 2) / mibAMs, 9)
    // activations keep 16 bits
    expect(timeOf(work, { precision: 'int8' })(4, 7)).toBeCloseTo((25 + moved / 2) / mibAMs, 9)
  })

  test('adds the launches of its kernels, and follows efficiencies', () => {
    const work = { gflops_per_item: 2, kernels: 40 }
    const efficiency = { compute: 0.5, memory: 0.7, launch_us: 5 }
    const ms = 40 * 0.005 + 2 / (0.5 * gflopsAMs('fp32'))
    expect(timeOf({ ...work, efficiency })(1, 1)).toBeCloseTo(ms, 9)
    // without `efficiency` the same shares are assumed
    expect(timeOf({ ...work, efficiency: undefined })(1, 1)).toBeCloseTo(ms, 9)
    expect(timeOf({ ...work, efficiency: { ...efficiency, launch_us: 0 } })(1, 1)).toBeLessThan(
      0.95 * ms,
    )
  })

  test('saturates by tokens, or by requests where lengths have no effect', () => {
    const efficiency = { ...PEAK, saturation_tokens: 64 }
    const byItem = timeOf({ gflops_per_item: 2, efficiency })
    expect(byItem(64, 9)).toBeCloseTo((2 * 64 * 2) / gflopsAMs('fp32'), 9)
    const byToken = timeOf({ gflops_per_token: 2, efficiency })
    expect(byToken(8, 8)).toBeCloseTo((2 * 64 * 2) / gflopsAMs('fp32'), 9)
  })

  test('halves at a declared speed of 2', () => {
    const work = { gflops_per_item: 2, weights_mib: 900, kernels: 40, efficiency: undefined }
    const twice = workOf(withDeclaredSpeed(scenario(work), 2))
    expect(twice.mean(4, 1)).toBeCloseTo(timeOf(work)(4, 1) / 2, 9)
  })
})

test('a lone request of a simulation takes the time of a batch of one', () => {
  const lone = scenarioOf({
    models: { m: { work: { law: 'operations', gflops_per_item: 20, efficiency: PEAK } } },
    traffic: [{ class: 'web', arrivals: { process: 'deterministic', rate_rps: 1 } }],
    pools: [{ name: 'central', model: 'm', accelerator: T4, precision: 'fp16' }],
  })
  const { classes } = runReplication(simulationInput(lone), 0)
  expect(classes[0]!.latency.mean).toBeCloseTo(20 / gflopsAMs('fp16'), 6)
})
