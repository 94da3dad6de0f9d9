import { describe, expect, test } from 'vitest'
import { loadScenario } from '../../../scenarios/index.ts'
import { changed, ENCODER } from '../../../test/scenarios.ts'
import { runReplication } from '../simulation/simulate.ts'
import { withoutFiles } from './prepared-scenario.ts'
import { resolveSystem } from './resolve.ts'

async function resolved(text: string) {
  const { scenario } = await loadScenario({ file: 's.yaml', text, directory: '.' })
  return resolveSystem(withoutFiles({ scenario, hash: 'none', file: 's.yaml' }), null)
}

const capacityOf = async (text: string) => (await resolved(text)).capacityRps!

/** How long what is left at the end of the traffic takes, ms, at this load. */
async function drainMs(text: string, load: number): Promise<number> {
  const rate = load * (await capacityOf(text))
  const input = await resolved(changed(text, [/rate_rps: [\d.]+/, `rate_rps: ${rate}`]))
  return runReplication(input, 0).observedMs - 1000 * input.scenario.duration_s
}

const ENGINE = 'generation: { policy: continuous, max_sequences: 4, kv_cache: { blocks: 1000 } }'

/** Single requests of 10 ms on a card of 300 W. */
const limited = (limitW: number) => `spillway: 1
name: limited
duration_s: 30
models: { m: { work: { law: linear, base_ms: 10, per_item_ms: 0 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
pools:
  - name: card
    model: m
    accelerator: v100-sxm
    replicas: 2
    power:
      idle_w: 50
      limit_w: ${limitW}
      cap_curve: [{ limit_share: 0.4, slowdown: 2.5 }, { limit_share: 1, slowdown: 1 }]
`

describe('capacity under a power limit', () => {
  test('is that of the batches as they run', async () => {
    expect(await capacityOf(limited(300))).toBeCloseTo(200, 9)
    // the curve is a line: 2.5 at 0.4 of 300 W, 1.75 at 0.7
    expect(await capacityOf(limited(120))).toBeCloseTo(200 / 2.5, 9)
    expect(await capacityOf(limited(210))).toBeCloseTo(200 / 1.75, 9)
  })

  test('falls with the limit of an encoder, and separates what is stable', async () => {
    const encoder = (limit: number) =>
      changed(
        ENCODER,
        ['duration_s: 5', 'duration_s: 20'],
        ['accelerator: t4', `accelerator: v100-sxm\n    power: { limit_w: ${limit} }`],
      )
    const limits = [300, 210, 150, 100]
    const each = await Promise.all(limits.map((limit) => capacityOf(encoder(limit))))
    expect(each).toEqual([...each].sort((a, b) => b - a))
    expect(each[3]! / each[0]!).toBeLessThan(0.8)
    expect(await drainMs(encoder(100), 0.85)).toBeLessThan(500)
    expect(await drainMs(encoder(100), 1.1)).toBeGreaterThan(1000)
  })

  test('of an engine is that of its steps as they run', async () => {
    const engine = (limit: number) =>
      changed(
        limited(limit),
        [/work: .* \} \}/, 'work: { law: generation, base_ms: 10, per_sequence_ms: 1 } } }'],
        ['replicas: 2', ENGINE],
        ['rate_rps: 50 }', 'rate_rps: 50 }, output_tokens: { distribution: fixed, value: 10 }'],
      )
    const [whole, third] = [await capacityOf(engine(300)), await capacityOf(engine(120))]
    expect(third / whole).toBeCloseTo(1 / 2.5, 6)
  })
})

/** Requests of 10 and 90 tokens, as many of each; 1 ms and 9 ms a request at one pool each. */
const byLength = (router: string) => `spillway: 1
name: by-length
duration_s: 30
models: { m: { work: { law: linear, base_ms: 0, per_item_ms: 0, per_token_ms: 0.1 } } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 50 }
    input_tokens:
      distribution: quantiles
      quantiles: [[0, 10], [0.5, 10], [0.500001, 90], [1, 90]]
pools: [{ name: edge, model: m }, { name: centre, model: m, replicas: 2 }]
router: ${router}
`
const THRESHOLD = '{ policy: length-threshold, threshold_tokens: 50, short: edge, long: centre }'

describe('capacity behind a router by length', () => {
  test('of each pool is that of the lengths that reach it', async () => {
    const { capacitiesRps, capacityRps, lengths } = await resolved(byLength(THRESHOLD))
    expect(lengths).toEqual([
      { min: 10, max: 10 },
      { min: 90, max: 90 },
    ])
    expect(capacitiesRps).toEqual([expect.closeTo(1000, 6), expect.closeTo(2000 / 9, 6)])
    // the centre is full with half of the requests; the sample is of 20,000
    expect(capacityRps! / (2 * (2000 / 9))).toBeCloseTo(1, 1)
    // without the router, all three replicas share all
    expect(await capacityOf(byLength('{ policy: least-loaded }'))).toBeCloseTo(3 * 200, -1)
  })

  test.each([THRESHOLD, '{ policy: random }'])('separates what is stable: %s', async (router) => {
    expect(await drainMs(byLength(router), 0.9)).toBeLessThan(1000)
    expect(await drainMs(byLength(router), 1.1)).toBeGreaterThan(1000)
  })

  test('of a pool that gets no request is that of all lengths', async () => {
    const all = await resolved(byLength(THRESHOLD.replace('50', '100')))
    expect(all.capacitiesRps[0]).toBeCloseTo(200, -1)
    expect(all.capacityRps).toBe(all.capacitiesRps[0])
  })

  test('counts the context that a turn carries, as the router does', async () => {
    const law = 'law: generation, base_ms: 1, per_sequence_ms: 0, per_prefill_token_ms: 0.1'
    const five = '{ distribution: fixed, value: 5 }'
    const session = `{ turns: ${five}, think_time_s: ${five}, carry_context: true }`
    const ten = '{ distribution: fixed, value: 10 }'
    const chat = changed(
      byLength(THRESHOLD),
      [/work: .* \} \}/, `work: { ${law} } } }`],
      [
        /input_tokens:[^p]*1, 90\]\]/,
        `input_tokens: ${ten}\n    output_tokens: ${ten}\n    session: ${session}`,
      ],
      ['edge, model: m', `edge, model: m, ${ENGINE}`],
      ['model: m, replicas: 2', `model: m, ${ENGINE}`],
    )
    // prompts of 10, 30, 50, 70 and 90 tokens: three of five turns are short
    const { capacitiesRps, capacityRps } = await resolved(chat)
    const [edge, centre] = capacitiesRps as [number, number]
    expect(capacityRps).toBeCloseTo(Math.min(edge / 0.6, centre / 0.4), 6)
  })
})

describe('capacity of batches of one request', () => {
  const single = (classes: string) => `spillway: 1
name: single
duration_s: 10
models: { m: { work: { law: linear, base_ms: 0, per_item_ms: 0, per_token_ms: 0.01 } } }
traffic:
${classes}
pools: [{ name: pool, model: m, replicas: 3 }]
`
  const arrivals = (rps: number) => `arrivals: { process: poisson, rate_rps: ${rps} }`

  test('is that of the mean length, however long the tail is', async () => {
    const lengths = '{ distribution: lognormal, median: 1000, p99: 10000, max: 10000000 }'
    const text = single(`  - { class: a, ${arrivals(5)}, input_tokens: ${lengths} }`)
    // the quantile of a normal at 0.99
    const sigma = Math.log(10) / 2.3263478740408408
    const meanMs = 0.01 * 1000 * Math.exp(sigma ** 2 / 2)
    expect(((await capacityOf(text)) * meanMs) / 3000).toBeCloseTo(1, 3)
  })

  test('weighs classes by their rates', async () => {
    const text = single(
      [
        [1, 100],
        [3, 500],
      ]
        .map(
          ([rps, value]) =>
            `  - { class: c${rps}, ${arrivals(rps!)}, input_tokens: { distribution: fixed, value: ${value} } }`,
        )
        .join('\n'),
    )
    // a quarter of the requests of 1 ms, and three of 5 ms
    expect(await capacityOf(text)).toBeCloseTo(3000 / 4, 9)
  })
})
