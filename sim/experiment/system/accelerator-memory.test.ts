import { expect, test } from 'vitest'
import { shippedAccelerators } from '../../../scenarios/index.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { refuseTooLarge } from './accelerator-memory.ts'

const cards = shippedAccelerators()
const LLAMA_70B = {
  law: 'transformer-decoder',
  layers: 80,
  hidden: 8192,
  heads: 64,
  kv_heads: 8,
  feed_forward: 28672,
  gated: true,
  vocabulary: 128256,
}

function check(name: string, pool: object = {}) {
  const scenario = scenarioOf({
    models: { m: { work: LLAMA_70B } },
    pools: [
      {
        name: 'gpu',
        model: 'm',
        precision: 'fp16',
        generation: { policy: 'continuous' },
        accelerator: cards.find((card) => card.name === name),
        ...pool,
      },
    ],
  })
  refuseTooLarge({ scenario, file: 's.yaml' })
}

test('weights that do not fit are refused, with the number of accelerators that hold them', () => {
  // 70.6e9 weights of two bytes are 131 GiB
  expect(() => check('h100-sxm')).toThrow(
    's.yaml pools.gpu.accelerator: expected 131 GiB for the weights of m at fp16, got 80 GiB (1 x h100-sxm); tensor_parallel: 2 or fewer bits a weight fit',
  )
  expect(() => check('h100-sxm', { tensor_parallel: 2 })).not.toThrow()
  expect(() => check('h200-sxm')).not.toThrow()
  expect(() => check('h200-sxm', { partition: 0.5 })).toThrow(/got 70.5 GiB/)
  expect(() => check('h100-sxm', { precision: 'int4' })).not.toThrow()
})

test('work by operations needs the memory of its weights at the precision of the pool', () => {
  const operations = (precision: string) =>
    scenarioOf({
      models: { m: { work: { law: 'operations', gflops_per_item: 1, weights_mib: 20_480 } } },
      pools: [
        {
          name: 'gpu',
          model: 'm',
          precision,
          accelerator: cards.find(({ name }) => name === 't4'),
        },
      ],
    })
  expect(() => refuseTooLarge({ scenario: operations('fp32'), file: 's.yaml' })).toThrow(
    'expected 20.0 GiB for the weights of m at fp32, got 16 GiB (1 x t4); fewer bits a weight fit',
  )
  expect(() => refuseTooLarge({ scenario: operations('fp16'), file: 's.yaml' })).not.toThrow()
})

test('the replicas of a shared card need memory for a copy of the weights each', () => {
  const shared = (replicas: number) =>
    refuseTooLarge({
      file: 's.yaml',
      scenario: scenarioOf({
        models: { m: { work: { law: 'operations', gflops_per_item: 1, weights_mib: 10_240 } } },
        cards: [{ name: 'gpu-0' }],
        pools: ['a', 'b'].map((name) => ({
          name,
          model: 'm',
          replicas,
          card: 'gpu-0',
          precision: 'fp16',
          accelerator: cards.find((card) => card.name === 'l4'),
        })),
      }),
    })
  expect(() => shared(1)).not.toThrow()
  expect(() => shared(3)).toThrow(
    's.yaml cards.gpu-0: expected 30.0 GiB for the weights of all its replicas, got 24 GiB (l4); fewer replicas or fewer bits a weight fit',
  )
})
