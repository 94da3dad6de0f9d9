import { expect, test } from 'vitest'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { servingPlan } from '../../serving/index.ts'
import { promisesOf } from './promises.ts'

const GEOMETRY = { layers: 4, heads: 2, head_size: 64 }
const generation = { policy: 'continuous' }

function scenarioWith(pools: readonly object[], cardMib = 24_576, millions = 8): Scenario {
  return scenarioOf({
    duration_s: 1,
    models: {
      // 16 MB in fp16; a token has 2 x 4 x 2 x 64 x 2 bytes, 2 KiB
      small: {
        work: { law: 'generation', base_ms: 5 },
        memory: { parameters_millions: millions, kv_cache: GEOMETRY },
      },
      // twice the weights, and 4 KiB
      large: {
        work: { law: 'generation', base_ms: 5 },
        memory: { parameters_millions: 16, kv_cache: { layers: 8, heads: 2, head_size: 64 } },
      },
    },
    traffic: [
      {
        class: 'chat',
        arrivals: { process: 'poisson', rate_rps: 1 },
        output_tokens: { distribution: 'fixed', value: 9 },
      },
    ],
    pools: pools.map((pool, i) => ({
      name: `p${i}`,
      model: 'small',
      precision: 'fp16',
      generation,
      ...pool,
    })),
    devices: [{ name: 'card', limit_mib: cardMib }],
  })
}

/** Blocks of each pool by the control plane, with which the audit must agree. */
function blocksOf(scenario: Scenario): readonly (readonly [number, number])[] {
  const plans = servingPlan(scenario).pools.map(({ generation }) => generation!.kv)
  const promised = promisesOf(scenario).pools.map(({ generation }) => generation!.kv)
  expect(plans).toEqual(promised)
  return plans.map(({ blocks, blockTokens }) => [blocks, blockTokens])
}

test('blocks of a replica are its limit less its weights, rounded down', () => {
  const memory = { allocator: 'paged', limit_mib: 64 }
  const left = 64 * 2 ** 20 - 16e6
  const pools = [
    { memory },
    { memory, replicas: 3 },
    { memory, precision: 'int8' },
    { memory, generation: { ...generation, kv_cache: { block_tokens: 256 } } },
    { memory: { ...memory, allocator: 'contiguous', reservation_tokens: 2048 } },
    { generation: { ...generation, kv_cache: { blocks: 77 } } },
    {},
  ]
  expect(blocksOf(scenarioWith(pools))).toEqual([
    [Math.floor(left / 32_768), 16],
    [Math.floor(left / 32_768), 16],
    [Math.floor((left + 8e6) / 32_768), 16],
    [Math.floor(left / 524_288), 256],
    [Math.floor(left / 4_194_304), 2048],
    [77, 16],
    [Number.POSITIVE_INFINITY, 16],
  ])
})

test("a device's memory besides all weights is shared evenly among its replicas", () => {
  const memory = { allocator: 'paged', device: 'card' }
  const pools = [{ memory, replicas: 2 }, { memory, model: 'large' }, {}]
  const share = (1000 * 2 ** 20 - 2 * 16e6 - 32e6) / 3
  expect(blocksOf(scenarioWith(pools, 1000)).slice(0, 2)).toEqual([
    [Math.floor(share / 32_768), 16],
    [Math.floor(share / 65_536), 16],
  ])
})

test('weights of decimal millions are whole bytes: no block is lost to rounding', () => {
  // 4.03 million are 8,060,000.000000001 bytes in floating point
  const memory = { allocator: 'paged', limit_mib: (8_060_000 + 7 * 32_768) / 2 ** 20 }
  expect(blocksOf(scenarioWith([{ memory }], 1, 4.03))).toEqual([[7, 16]])
})
