import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { judge, runReplication, simulateCase, simulationInput } from '../../experiment/index.ts'
import { md1MeanWait, mg1MeanWait } from '../../theory/index.ts'
import { Channel } from './channel.ts'
import { FREE_CHANNEL } from './channel-plan.ts'

const PLACES = { places: [{ name: 'shop' }, { name: 'centre' }] }
const fixed = (value: number) => ({ distribution: 'fixed', value })

interface Parts {
  readonly network?: object
  readonly traffic?: readonly object[]
  readonly work?: object
  readonly rest?: object
}

const web = { class: 'web', place: 'shop', arrivals: { process: 'poisson', rate_rps: 100 } }

function overNetwork({ network = {}, traffic = [web], work, rest = {} }: Parts) {
  return scenarioOf({
    duration_s: 400,
    warmup_s: 2,
    models: { server: { work: work ?? { law: 'constant', ms: 1e-6 } } },
    traffic,
    pools: [{ name: 'central', model: 'server', place: 'centre' }],
    networks: [{ between: ['shop', 'centre'], latency_ms: fixed(3), ...network }],
    ...PLACES,
    ...rest,
  })
}

const run = (parts: Parts) => runReplication(simulationInput(overNetwork(parts)), 0)

/** Mean time on the network of the first class, against a closed form. */
const meanOf = (theory: number) => ({
  name: 'mean network',
  theory,
  of: ({ summary }: { summary: ReturnType<typeof runReplication> }) =>
    summary.classes[0]!.network.mean,
})

function values(parts: Parts, theory: number) {
  const model = 'network'
  const figure = meanOf(theory)
  const [sample] = simulateCase({ model, scenario: overNetwork(parts), figures: [figure] }, 10)
  return (expected: number) => judge(model, { ...figure, theory: expected }, sample!).problem
}

describe('the bandwidth of a network', () => {
  // 8.192 Mbit/s are 1 KiB a ms
  const network = { bandwidth_mbps: 8.192 }
  // ten runs of 40 s at 800 requests/s give half-widths below 2 %
  const rest = { duration_s: 40 }
  const sized = (name: string, rate: number, kib: number) => ({
    ...web,
    class: name,
    request_kib: kib,
    arrivals: { process: 'poisson', rate_rps: rate },
  })

  test('with requests of one size is M/D/1 at load 0.8, and a mean 5 % off is rejected', () => {
    const wait = md1MeanWait({ arrivalRate: 0.8, service: 1 })
    const theory = 3 + 1 + wait + 3
    const problemOf = values({ network, traffic: [sized('web', 800, 1)], rest }, theory)
    expect(problemOf(theory)).toBeNull()
    expect(problemOf(theory * 1.05)).not.toBeNull()
  })

  test('with requests of two sizes is M/G/1', () => {
    // 0.3 KiB at 800/s and 3 KiB at 120/s: load 0.6
    const arrivalRate = 0.92
    const secondMoment = (0.8 * 0.3 ** 2 + 0.12 * 3 ** 2) / arrivalRate
    const wait = mg1MeanWait({ arrivalRate, meanService: 0.6 / arrivalRate, secondMoment })
    const theory = 3 + 0.3 + wait + 3
    const traffic = [sized('short', 800, 0.3), sized('long', 120, 3)]
    const problemOf = values({ network, traffic, rest }, theory)
    expect(problemOf(theory)).toBeNull()
    expect(problemOf(theory * 1.05)).not.toBeNull()
  })

  test('that is shared fairly is M/G/1-PS: each size takes 1 / (1 - load) times its own time', () => {
    // the mean of processor sharing is insensitive to the sizes (Kleinrock 1976, section 4.4)
    const traffic = [sized('short', 800, 0.3), sized('long', 120, 3)]
    const figures = [0.3, 3].map((kib, i) => ({
      name: `mean network of ${kib} KiB`,
      theory: 3 + kib / (1 - 0.6) + 3,
      of: ({ summary }: { summary: ReturnType<typeof runReplication> }) =>
        summary.classes[i]!.network.mean,
    }))
    const scenario = overNetwork({ network: { ...network, sharing: 'fair' }, traffic, rest })
    const samples = simulateCase({ model: 'network', scenario, figures }, 10)
    for (const [i, figure] of figures.entries()) {
      expect(judge('network', figure, samples[i]!).problem).toBeNull()
      const wrong = { ...figure, theory: figure.theory * 1.05 }
      expect(judge('network', wrong, samples[i]!).problem).not.toBeNull()
    }
  })

  test('may follow the tokens of requests and answers', () => {
    const tokens = { ...web, input_tokens: { distribution: 'fixed', value: 512 } }
    const traffic = [{ ...tokens, request_kib: 1, request_bytes_per_token: 4 }]
    const rare = [{ ...traffic[0], arrivals: { process: 'poisson', rate_rps: 0.1 } }]
    // 1 KiB and 512 tokens of 4 bytes
    expect(run({ network, traffic: rare }).classes[0]!.network.mean).toBeCloseTo(3 + 3 + 3, 3)
  })

  test('is of each direction: answers do not delay requests', () => {
    const answers = { ...sized('web', 800, 1), answer_kib: 1 }
    const oneWay = run({ network, traffic: [sized('web', 800, 1)] }).classes[0]!.network.mean
    const bothWays = run({ network, traffic: [answers] }).classes[0]!.network.mean
    // the departures of M/D/1 never queue for the same time again
    expect(bothWays - oneWay).toBeCloseTo(1, 2)
  })
})

describe('lost messages', () => {
  test('are sent again after a timeout that doubles', () => {
    // p^k (1 - p) for k losses, after (2^k - 1) timeouts; each way
    const loss = 0.2
    const theory = 2 * (3 + (10 * loss) / (1 - 2 * loss))
    const problemOf = values({ network: { loss, retransmit_ms: 10 } }, theory)
    expect(problemOf(theory)).toBeNull()
    expect(problemOf(2 * (3 + (10 * loss) / (1 - loss)))).not.toBeNull()
  })

  test('in an outage are those sent in it, whatever their draws', () => {
    const outages = [{ from: 100, to: 200 }]
    const latency = { distribution: 'fixed', value: 5 } as const
    const channel = new Channel({ ...FREE_CHANNEL, latency, retransmitMs: 10, outages })
    const arrivals = [99, 100, 150, 199, 200].map((sent) => channel.arrivesAt(sent, 1, 1))
    // 100 + 10 + 20 + 40 + 80 is the first sending from 200 on
    expect(arrivals).toEqual([104, 255, 225, 214, 205])
  })

  test('lose no request: all arrive in the end', () => {
    const network = { loss: 0.3, outages: [{ at_s: 50, for_s: 20 }] }
    const { counts } = run({ network }).classes[0]!
    expect(counts.served).toBe(counts.arrived)
    expect(counts.arrived).toBeGreaterThan(35_000)
  })
})

describe('a network that takes no time', () => {
  const work = { law: 'exponential', mean_ms: 8 }
  const timed = { ...web, timeout_ms: 30, input_tokens: { distribution: 'fixed', value: 1 } }
  const { place: _, ...plain } = timed
  const withoutNetwork = scenarioOf({
    duration_s: 400,
    warmup_s: 2,
    models: { server: { work } },
    traffic: [plain],
    pools: [{ name: 'central', model: 'server' }],
  })

  /** What a run has without the network's part. */
  const figures = ({ classes, pools, series, tail }: ReturnType<typeof runReplication>) => {
    const shown = (entry: (typeof classes)[number]) => ({ ...entry, network: null })
    return { classes: classes.map(shown), pools: pools.map(shown), series, tail }
  }

  test('changes nothing', () => {
    const free = run({ network: { latency_ms: fixed(0) }, traffic: [timed], work })
    expect(figures(free)).toEqual(figures(runReplication(simulationInput(withoutNetwork), 0)))
  })

  test('negative control: one of a microsecond does', () => {
    const short = run({ network: { latency_ms: fixed(0.001) }, traffic: [timed], work })
    expect(figures(short)).not.toEqual(figures(runReplication(simulationInput(withoutNetwork), 0)))
  })
})

test('users of a closed loop wait for both ways', () => {
  const arrivals = { process: 'closed-loop', users: 1, think_time_s: fixed(0.001) }
  const work = { law: 'constant', ms: 0.5 }
  const { counts, latency } = run({ traffic: [{ ...web, arrivals }], work }).classes[0]!
  expect(counts.served / 398_000).toBeCloseTo(1 / (1 + 3 + 0.5 + 3), 3)
  expect(latency.mean).toBeCloseTo(6.5, 6)
})

test('a client leaves by the time at which it would have the answer', () => {
  const work = { law: 'constant', ms: 0.5 }
  const served = (timeout_ms: number) =>
    run({ traffic: [{ ...web, arrivals: { process: 'poisson', rate_rps: 1 }, timeout_ms }], work })
      .classes[0]!.counts
  expect(served(6.4).served).toBe(0)
  expect(served(7).abandoned).toBe(0)
})

describe('the locality router', () => {
  const rest = (outages: readonly object[], edge: object = {}) => ({
    router: { policy: 'locality', max_load: 2 },
    networks: [{ between: ['shop', 'centre'], latency_ms: fixed(3), outages }],
    pools: [
      { name: 'central', model: 'server', place: 'centre', replicas: 4 },
      { name: 'edge', model: 'server', place: 'shop', ...edge },
    ],
  })
  const arrived = (overrides: object) => {
    const { pools } = run({ work: { law: 'exponential', mean_ms: 2 }, rest: overrides })
    return pools.map(({ counts }) => counts.arrived)
  }

  test('takes the nearest pool, and the next one where its load is at the limit', () => {
    const [central, edge] = arrived(rest([]))
    // M/M/1/2 at load 0.2 is full for 0.2^2 (1 - 0.2) / (1 - 0.2^3) of the arrivals
    const full = (0.04 * 0.8) / (1 - 0.008)
    expect(central! / (central! + edge!)).toBeCloseTo(full, 2)
  })

  test('fails over while the place is lost', () => {
    const failures = [{ kind: 'crash', pools: ['edge'], at_s: [100], restart_s: fixed(100) }]
    const [central] = arrived({ ...rest([], { queue: { mode: 'per-replica' } }), failures })
    expect(central! / 40_000).toBeGreaterThan(0.25)
    expect(central! / 40_000).toBeLessThan(0.3)
  })

  test('sends nothing where the network is cut', () => {
    const cut = rest([{ at_s: 0, for_s: 1000 }], { queue: { mode: 'per-replica' } })
    expect(arrived(cut)[0]).toBe(0)
    expect(arrived(rest([]))[0]).toBeGreaterThan(0)
  })
})
