import { describe, expect, test } from 'vitest'
import { loadScenario } from '../scenarios/index.ts'
import {
  resolveSystem,
  runReplication,
  simulatedResult,
  withoutFiles,
} from '../sim/experiment/index.ts'

/**
 * A planner reads the capacity of an engine as what it serves when there is more than enough to do,
 * and what is left to 100 % of it as spare. Each engine here gets 1.3 times its capacity, and is
 * measured after a warm-up in which it fills.
 */

interface Engine {
  readonly generation: string
  readonly input?: string
  readonly output?: string
  readonly work?: string
  /** more keys of the class, of the pool, and more pools */
  readonly of?: string
  readonly pool?: string
  readonly pools?: string
  /** of short requests there are many */
  readonly durationS?: number
}

const DECLARED =
  'law: generation, base_ms: 8, per_sequence_ms: 0.03, per_prefill_token_ms: 0.035, per_context_token_ms: 0.00004'
const LLAMA =
  'law: transformer-decoder, layers: 32, hidden: 4096, heads: 32, kv_heads: 8, feed_forward: 14336, gated: true, vocabulary: 128256'
const PROMPTS = '{ distribution: lognormal, median: 700, p99: 5000, max: 8000 }'
const ANSWERS = '{ distribution: lognormal, median: 200, p99: 1000, max: 1500 }'

const PLAIN = 'policy: continuous, max_sequences: 64, token_budget: 2048'

const engines: Readonly<Record<string, Engine>> = {
  'limited by its slots': { generation: PLAIN },
  'limited by its KV cache': {
    generation: `policy: continuous, max_sequences: 256, token_budget: 2048, kv_cache: { blocks: 3500 }`,
  },
  'whose preempted sequences are swapped': {
    generation: `policy: continuous, max_sequences: 64, token_budget: 2048, kv_cache: { blocks: 1500, watermark: 0 }, preemption: swap, swap_ms_per_token: 0.005`,
  },
  'limited by the budget of its steps': {
    generation: 'policy: continuous, max_sequences: 64, token_budget: 128',
  },
  'with long prompts in many chunks': {
    generation: 'policy: continuous, max_sequences: 32, token_budget: 512',
    input: '{ distribution: lognormal, median: 4000, p99: 20000, max: 32000 }',
    output: '{ distribution: geometric, mean: 30 }',
  },
  'with short prompts and answers': {
    generation: 'policy: continuous, max_sequences: 256, token_budget: 2048',
    input: '{ distribution: uniform, min: 5, max: 50 }',
    output: '{ distribution: geometric, mean: 20 }',
    durationS: 200,
  },
  'whose prompts stop decoding': {
    generation: `${PLAIN}, first: prefill, chunked_prefill: false`.replace('2048', '8192'),
  },
  'whose requests are all alike': {
    generation: PLAIN,
    input: '{ distribution: fixed, value: 512 }',
    output: '{ distribution: fixed, value: 128 }',
  },
  'with static batches': { generation: 'policy: static, max_sequences: 32' },
  'with a prefix cache': {
    generation:
      'policy: continuous, max_sequences: 128, token_budget: 2048, kv_cache: { prefix_cache: true, blocks: 6000 }',
    of: 'shared_prefix_tokens: 2048',
    input: '{ distribution: lognormal, median: 300, p99: 2000, max: 4000 }',
  },
  'whose long prompts have long answers': {
    generation: `${PLAIN}, kv_cache: { blocks: 3500 }`,
    of: 'length_correlation: 0.8',
    // few requests have most of the work
    durationS: 12_000,
  },
  'whose steps follow its accelerator': {
    generation: 'policy: continuous, max_sequences: 128, token_budget: 2048',
    work: LLAMA,
    pool: 'accelerator: h100-pcie, precision: fp16',
  },
  'for prompts, whose decoding pool is not full': {
    generation: `${PLAIN}, hand_over: { pool: decode, base_ms: 1, ms_per_token: 0.0026 }`,
    pools: `  - { name: decode, model: m, replicas: 9, generation: { ${PLAIN} } }`,
  },
}

const decodes: Engine = {
  generation: `${PLAIN}, hand_over: { pool: decode, base_ms: 1, ms_per_token: 0.0026 }`,
  pool: 'replicas: 4',
  pools: `  - { name: decode, model: m, generation: { ${PLAIN}, kv_cache: { blocks: 3500 } } }`,
}

async function saturated({ generation, input = PROMPTS, output = ANSWERS, ...more }: Engine) {
  const { durationS = 1950 } = more
  const text = `
spillway: 1
name: saturated
duration_s: ${durationS}
warmup_s: 150
models: { m: { work: { ${more.work ?? DECLARED} } } }
traffic:
  - class: chat
    arrivals: { process: poisson, load: 1.3 }
    input_tokens: ${input}
    output_tokens: ${output}
    ${more.of ?? ''}
pools:
  - { name: engine, model: m, generation: { ${generation} }${more.pool ? `, ${more.pool}` : ''} }
${more.pools ?? ''}
`
  const { scenario } = await loadScenario({ file: 'saturated.yaml', text, directory: '.' })
  const system = resolveSystem(withoutFiles({ scenario, hash: 'x', file: 'saturated.yaml' }), null)
  const runs = [runReplication(system, 0)]
  const result = simulatedResult(system, runs, { version: 'x', commit: null, profile: null })
  return { system, result, served: result.classes[0]!.throughput_rps.value! }
}

describe('an engine', () => {
  test.each(Object.entries(engines))(
    '%s serves its capacity, and uses all of it',
    async (_, engine) => {
      const { system, result, served } = await saturated(engine)
      expect(Math.abs(system.capacityRps! / served - 1)).toBeLessThan(0.02)
      const share = result.pools[0]!.capacity_utilisation!.value!
      expect(share).toBeGreaterThan(0.97)
      expect(share).toBeLessThan(1.02)
    },
  )

  test('that decodes for another pool serves its capacity, and uses all of it', async () => {
    const { system, result, served } = await saturated(decodes)
    expect(Math.abs(system.capacityRps! / served - 1)).toBeLessThan(0.02)
    expect(result.pools[1]!.capacity_utilisation!.value).toBeGreaterThan(0.97)
    // the pool of prompts has four times as many replicas as it needs, or more
    expect(result.pools[0]!.capacity_utilisation!.value).toBeLessThan(0.5)
  })

  test('negative control: a twentieth more is not its capacity', async () => {
    const { system, served } = await saturated(engines['limited by its slots']!)
    expect(Math.abs((1.05 * system.capacityRps!) / served - 1)).toBeGreaterThan(0.02)
  })
})
