import { describe, expect, test } from 'vitest'
import { loadScenario, type Scenario } from '../../../scenarios/index.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import type { StepRow } from '../../stats/index.ts'
import { RequestList, requestsIn } from '../../traffic/index.ts'
import { executorWork } from '../simulation/hardware.ts'
import { keptReplication } from '../simulation/simulate.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { blameOf } from './blame.ts'
import { bottleneckOf, firstTokensOf, LATENCY_PARTS } from './bottleneck.ts'
import { keptSteps } from './kept-steps.ts'
import { WAIT_CAUSES } from './wait-causes.ts'

type Own = Readonly<Record<string, unknown>>

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0)

function blamed(scenario: Scenario, list: RequestList | null = null) {
  const input = simulationInput(scenario, { requests: list, capacityRps: 10 })
  const run = keptReplication(input, 0)
  const { plan } = input
  const steps = keptSteps(plan, list ?? requestsIn(run.rows), run)!
  const of = { scenario, plan, work: executorWork(input), runs: [run], top: 5 }
  return { blame: blameOf({ ...of, steps: [steps] }), input, run, steps, scenario, of }
}

/** Requests of given lengths, all of the first class. */
function requestsAt(
  ...given: readonly (readonly [at: number, input: number, output: number])[]
): RequestList {
  const list = RequestList.allocate(given.length)
  for (const [key, [at, input, output]] of given.entries()) {
    list.columns.at[key] = at
    list.columns.inputTokens[key] = input
    list.columns.outputTokens[key] = output
  }
  return list
}

/** A step takes 10 ms, 1 ms a sequence and 0.1 ms for each token of a prompt. */
const engine = (generation: Own = {}, rest: Own = {}): Own => ({
  duration_s: 1,
  traffic: [
    {
      class: 'chat',
      arrivals: { process: 'poisson', rate_rps: 1 },
      input_tokens: { distribution: 'fixed', value: 10 },
      output_tokens: { distribution: 'fixed', value: 2 },
    },
  ],
  models: {
    m: {
      work: {
        law: 'generation',
        base_ms: 10,
        per_sequence_ms: 1,
        per_prefill_token_ms: 0.1,
        per_context_token_ms: 0,
      },
    },
  },
  pools: [
    {
      name: 'central',
      model: 'm',
      generation: {
        policy: 'continuous',
        max_sequences: 8,
        token_budget: 100,
        chunked_prefill: true,
        first: 'decode',
        ...generation,
      },
    },
  ],
  ...rest,
})

/** What each request waited for, by its key; times of 0 are left out. */
function waitsOf({ blame }: ReturnType<typeof blamed>): Record<string, number>[] {
  return [...blame.waits[0]!]
    .sort(([a], [b]) => a - b)
    .map(([, times]) =>
      Object.fromEntries(
        WAIT_CAUSES.flatMap((cause) =>
          times[cause] > 1e-9 ? [[cause, Number(times[cause].toFixed(6))]] : [],
        ),
      ),
    )
}

/** Every request has its whole time divided, and what was caused is what was waited. */
function expectConserved(found: ReturnType<typeof blamed>): void {
  const { blame, run, scenario } = found
  const { columns } = run.rows
  const forOthers = sum([
    blame.causes.other_requests,
    blame.causes.other_prompts,
    blame.causes.other_decodes,
  ])
  const close = (a: number, b: number) =>
    expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(b)))
  close(sum(blame.flows.flat()), forOthers)
  close(sum(blame.groups.map(({ stallMs }) => stallMs)), forOthers)
  close(sum(blame.groups.map(({ sufferedMs }) => sufferedMs)), forOthers)
  for (const [key, { inside, first: _, ...times }] of blame.waits[0]!) {
    if (columns.batch[key]! < 0) continue
    const queued = columns.dispatched[key]! - columns.sent[key]!
    close(sum(Object.values(times)), queued + inside)
    // what is left is its own work, and never less than nothing
    expect(inside).toBeLessThanOrEqual(columns.done[key]! - columns.dispatched[key]! + 1e-6)
  }
  expect(columns.at.some((at) => at >= 1000 * scenario.warmup_s)).toBe(true)
}

describe('blame of steps, by hand', () => {
  test('a prompt behind the chunks of a long one waits for them', () => {
    // three steps of 21 ms: 10, 1 and 100 tokens; the second request gets its tokens at 75 and 86
    const found = blamed(scenarioOf(engine()), requestsAt([0, 300, 1], [5, 10, 2]))
    expect([...found.run.rows.columns.done]).toEqual([63, 86].map((at) => expect.closeTo(at, 6)))
    expect(waitsOf(found)).toEqual([{}, { other_prompts: 58 }])
    expectConserved(found)
    expect(found.blame.top[0]).toMatchObject({ key: 0, victims: 1 })
    expect(found.blame.top[0]!.stallMs).toBeCloseTo(58, 6)
    const [first] = firstTokensOf(found.scenario, [found.run], found.blame.waits)
    expect(first!.parts).toMatchObject({ other_prompts: expect.closeTo(29, 6) })
  })

  test('chunks lengthen the steps of a sequence that decodes, and it delays the prompt', () => {
    // steps of 12 and 11 ms, two of 21.9 ms with a chunk of 99 tokens, and one of 11 ms
    const found = blamed(scenarioOf(engine()), requestsAt([0, 10, 5], [13, 198, 1]))
    expect([...found.run.rows.columns.done]).toEqual(
      [77.8, 66.8].map((at) => expect.closeTo(at, 6)),
    )
    expect(waitsOf(found)).toEqual([
      // without the chunk the two steps take 11 ms each
      { other_prompts: 21.8 },
      // 10 ms for the end of a step, and 1 ms in each of two
      { other_decodes: 12 },
    ])
    expectConserved(found)
    const long = found.blame.groups.find(({ to }) => to === 199)!
    expect(long).toMatchObject({ victims: 1, sufferedMs: expect.closeTo(12, 6) })
    expect(long.stallMs).toBeCloseTo(21.8, 6)
  })

  test('a step with prompts alone stops the sequences that decode', () => {
    // at 12 the first one decodes, until 23; a step of 30.8 ms with the prompt, then 3 of 11 ms
    const apart = engine({ chunked_prefill: false, first: 'prefill', token_budget: 500 })
    const found = blamed(scenarioOf(apart), requestsAt([0, 10, 5], [13, 198, 1]))
    expect(waitsOf(found)).toEqual([{ other_prompts: 30.8 }, { other_decodes: 10 }])
    expectConserved(found)
  })

  test('members of a static batch wait for its longest answer', () => {
    const pools = [
      { name: 'central', model: 'm', generation: { policy: 'static', max_sequences: 2 } },
    ]
    // from 12 on two prompts take 14 ms, then steps take 12 ms: one is done at 38, and stays to 86
    const list = requestsAt([0, 10, 1], [1, 10, 2], [1, 10, 6])
    const found = blamed(scenarioOf(engine({}, { pools })), list)
    expect(waitsOf(found)).toEqual([
      {},
      // 11 ms for the batch before, 2 ms for the other prompt, 1 ms in one step, and 48 ms
      { other_requests: 11, other_prompts: 2, other_decodes: 49 },
      // and 1 ms in each of 5 steps, whose width the other one has although it is done
      { other_requests: 11, other_prompts: 2, other_decodes: 5 },
    ])
    expectConserved(found)
  })

  test('sequences of a single engine share the wait for one of its slots', () => {
    const list = requestsAt([0, 10, 2], [0, 10, 9], [1, 10, 9])
    const found = blamed(scenarioOf(engine({ max_sequences: 2 })), list)
    expect(found.blame.causes.other_requests).toBeGreaterThan(10)
    expectConserved(found)
  })

  test('a wait for blocks of the KV cache is not for what steps compute', () => {
    const kv = { kv_cache: { blocks: 8, block_tokens: 16 } }
    const found = blamed(scenarioOf(engine(kv)), requestsAt([0, 64, 40], [5, 100, 2]))
    const [, second] = waitsOf(found)
    expect(second!.engine_admission).toBeGreaterThan(300)
    expect(second!.other_decodes ?? 0).toBeLessThan(30)
    expectConserved(found)
  })

  test('negative control: without the steps none of it is blamed on requests', () => {
    const { of } = blamed(scenarioOf(engine()), requestsAt([0, 300, 1], [5, 10, 2]))
    const { causes, flows } = blameOf(of)
    expect(causes).toMatchObject({ other_prompts: 0, other_decodes: 0 })
    expect(causes.engine_admission).toBeCloseTo(58, 6)
    expect(sum(flows.flat())).toBe(0)
  })
})

const MIXED = {
  duration_s: 60,
  warmup_s: 5,
  traffic: [
    {
      class: 'chat',
      arrivals: { process: 'poisson', rate_rps: 6 },
      timeout_ms: 8000,
      input_tokens: { distribution: 'lognormal', median: 40, p99: 300, max: 400 },
      output_tokens: { distribution: 'lognormal', median: 20, p99: 90, max: 100 },
    },
    {
      class: 'long',
      priority: 1,
      arrivals: { process: 'poisson', rate_rps: 1 },
      input_tokens: { distribution: 'fixed', value: 390 },
      output_tokens: { distribution: 'fixed', value: 30 },
    },
  ],
}
const KV = { kv_cache: { blocks: 40, block_tokens: 16 } }
const two = (own: Own) => [{ ...(engine().pools as Own[])[0], replicas: 2, ...own }]
const generation = (own: Own) => ({ ...((engine().pools as Own[])[0]!.generation as Own), ...own })
const restart_s = { distribution: 'fixed', value: 2 }

/** Engines that preempt, swap, fail and are scaled, each with what it must show. */
const ENGINES: Readonly<Record<string, Own>> = {
  'that preempt for lack of blocks': { pools: two({ generation: generation(KV) }) },
  'that swap': {
    pools: two({ generation: generation({ ...KV, preemption: 'swap', swap_ms_per_token: 0.01 }) }),
  },
  'that preempt by priority': {
    pools: two({
      queue: { discipline: 'priority' },
      generation: generation({ preempt_by_priority: true, max_sequences: 2 }),
    }),
  },
  'with a prefix cache': {
    pools: two({ generation: generation({ kv_cache: { ...KV.kv_cache, prefix_cache: true } }) }),
  },
  'with whole prompts, prompts first': {
    pools: two({ generation: generation({ chunked_prefill: false, first: 'prefill' }) }),
  },
  'with a queue each': { pools: two({ queue: { mode: 'per-replica' } }) },
  'of static batches': { pools: two({ generation: { policy: 'static', max_sequences: 4 } }) },
  'that crash': {
    pools: two({}),
    failures: [{ kind: 'crash', every_s: 9, detection_s: 0.5, restart_s }],
  },
  'that are scaled': {
    pools: two({
      replicas: 3,
      scaling: {
        policy: 'scheduled',
        ...{ min: 1, max: 3, initial: 1, start_s: restart_s },
        steps: [1, 3, 1].map((replicas, i) => ({ at_s: 15 * i, replicas })),
      },
    }),
  },
}

describe('blame of steps', () => {
  test.each(Object.entries(ENGINES))('is conserved for engines %s', (_, own) => {
    const found = blamed(scenarioOf(engine({}, { ...MIXED, ...own })))
    expectConserved(found)
    const { causes } = found.blame
    expect(causes.other_prompts + causes.other_decodes).toBeGreaterThan(1000)
  })

  test('blames waits for blocks on no request, where engines preempt', () => {
    const own = ENGINES['that preempt for lack of blocks']!
    const found = blamed(scenarioOf(engine({}, { ...MIXED, ...own })))
    expect(found.run.rows.columns.preemptions.some((n) => n > 0)).toBe(true)
    expect(found.blame.causes.engine_admission).toBeGreaterThan(1000)
  })

  test('members of a static batch that are done wait for those that are not alone', () => {
    const pools = [
      { name: 'central', model: 'm', generation: { policy: 'static', max_sequences: 3 } },
    ]
    const list = requestsAt([0, 10, 1], [1, 10, 2], [1, 10, 2], [1, 9, 6])
    const { blame } = blamed(scenarioOf(engine({}, { pools })), list)
    const [done, long] = [12, 15].map((to) => blame.groups.findIndex((group) => group.to === to))
    // two are done after a step of 13 ms, and wait for four more
    expect(blame.flows[long!]![done!]).toBeGreaterThan(2 * 4 * 13)
    // 22 ms of it for the batch before, whose request is as short
    expect(blame.flows[done!]![done!]).toBeLessThan(30)
  })

  test.each(['chat', 'chat-static', 'chat-split'])(
    'is conserved in %s, as it ships',
    async (name) => {
      const path = new URL(`../../../scenarios/library/${name}.yaml`, import.meta.url).pathname
      const { scenario } = await loadScenario(path, { set: ['duration_s=60', 'warmup_s=5'] })
      const found = blamed(scenario)
      expectConserved(found)
      expect(found.blame.causes.other_decodes).toBeGreaterThan(0)
      const { blame, run, input } = found
      const { parts, latencyMs } = bottleneckOf(input, [run], blame.waits)!
      expect(sum(LATENCY_PARTS.map((part) => parts[part]))).toBeGreaterThanOrEqual(latencyMs)
    },
  )

  test('rows of steps have every sequence in all steps from its slot to its end', async () => {
    const path = new URL('../../../scenarios/library/chat.yaml', import.meta.url).pathname
    const { scenario } = await loadScenario(path, { set: ['duration_s=60', 'warmup_s=5'] })
    const { steps, run } = blamed(scenario)
    const { columns } = run.rows
    const inSteps = new Map<number, number>()
    for (const step of steps) {
      for (const key of keysOf(step)) {
        inSteps.set(key, (inSteps.get(key) ?? 0) + step.ended - step.started)
      }
      const contexts = sum(step.contexts)
      if (step.idle.length === 0) expect(contexts).toBe(step.context)
    }
    let compared = 0
    for (const [key, ms] of inSteps) {
      if (columns.preemptions[key]! > 0 || columns.batch[key]! < 0) continue
      expect(ms).toBeCloseTo(columns.done[key]! - columns.dispatched[key]!, 5)
      compared++
    }
    expect(compared).toBeGreaterThan(30)
  })
})

const keysOf = ({ generating, prompts, idle }: StepRow) => [
  ...generating,
  ...prompts.map(({ key }) => key),
  ...idle,
]
