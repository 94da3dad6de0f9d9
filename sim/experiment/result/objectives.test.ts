import { describe, expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { parseObjective } from '../../../scenarios/schema/objective.ts'
import { exp, log, type Random, stream } from '../../kernel/index.ts'
import {
  clopperPearson,
  Histogram,
  normalQuantile,
  percentile,
  type WindowFigure,
} from '../../stats/index.ts'
import { judgedFigures } from '../../stats/recording/recorder-summary.ts'
import { WorstWindow } from '../../stats/recording/worst-window.ts'
import { judge, judgedRuns, type ObjectiveFigure } from './objectives.ts'

const ofWindows = (figures: readonly WindowFigure[]) =>
  figures.map((figure) => ({ ...figure, tail: null }))

const OF = { exact: false, duration_s: 10, warmup_s: 2, goOnAlike: true }

test('objectives on windows do not fail by few requests: the largest of many is too high', () => {
  const objective = parseObjective('p(99, worst 1s) latency_ms < 90')!
  const each = (n: number) => [98, 99, 100].map((value) => ({ value, upper: value, n, tail: null }))
  expect(judge(objective, each(60), OF).verdict).toBe('UNDECIDED')
  expect(judge(objective, each(10_000), OF).verdict).toBe('FAIL')
})

test('two runs whose interval holds the limit get no advice but more runs', () => {
  const objective = parseObjective('p(99) latency_ms < 200')!
  const runs = (...values: number[]) =>
    judge(
      objective,
      values.map((value) => ({ value, upper: null, n: 20_000, tail: null })),
      OF,
    )
  const two = runs(90, 140)
  expect(two.verdict).toBe('UNDECIDED')
  expect(two.estimate.reason).toMatch(/two runs say little: six say more/)
  expect(two.deciding_duration_s).toBeNull()
  // three of the same scatter decide
  expect(runs(90, 140, 112).verdict).toBe('PASS')
  // two that are as good as equal do, too
  expect(runs(90, 91).verdict).toBe('PASS')
})

test.each([
  ['process: poisson, rate_rps: 9', true],
  ['process: poisson, rate_rps: 9, surges: [{ at_s: 2, every_s: 8, factor: 3 }]', true],
  ['process: poisson, rate_rps: 9, surges: [{ at_s: 2, factor: 3 }]', false],
  ['process: poisson, rate_rps: 9, surges: [{ at_s: 2, every_s: 60, factor: 3 }]', false],
  ['process: poisson, rate_rps: 9, waves: [{ period_s: 10, amplitude: 0.5 }]', true],
  ['process: poisson, rate_rps: 9, waves: [{ period_s: 86400, amplitude: 0.5 }]', false],
  ['process: poisson, schedule: [{ at_s: 0, rate_rps: 9 }, { at_s: 5, rate_rps: 2 }]', false],
  ['process: trace, file: t.csv, format: csv, columns: { time: t }, time_unit: s', false],
])('a longer run is advised only where it has more of the same traffic: %s', (arrivals, alike) => {
  const text = `spillway: 1
name: alike
duration_s: 20
models: { m: { work: { law: constant, ms: 3 } } }
traffic: [{ class: web, arrivals: { ${arrivals} } }]
pools: [{ name: p, model: m }]
`
  const { scenario } = parseScenario(text, { file: 'alike.yaml' })
  const runs = judgedRuns(scenario, false)
  const each = [98, 99, 101].map((value) => ({ value, upper: null, n: 5000, tail: null }))
  const found = judge(parseObjective('p(99) latency_ms < 200')!, each, runs)
  expect(found.verdict).toBe('UNDECIDED')
  expect(found.deciding_duration_s).toBe(alike ? 40 : null)
})

test('an objective on the cost passes below its limit, by the interval over runs', () => {
  const objective = parseObjective('cost_usd_per_million < 3')!
  const each = (...values: number[]) =>
    values.map((value) => ({ value, upper: null, n: 10, tail: null }))
  expect(judge(objective, each(2, 2.1, 2.05), OF)).toMatchObject({ verdict: 'PASS' })
  expect(judge(objective, each(4, 4.1, 4.05), OF)).toMatchObject({ verdict: 'FAIL' })
  expect(judge(objective, each(2, 3, 4), OF)).toMatchObject({ verdict: 'UNDECIDED' })
})

test('objectives do not fail by few requests where the true percentile is the limit', () => {
  const random = stream(3, 0, 'false alarms')
  const [n, runs, trials] = [60, 10, 1000]
  const objective = parseObjective('p(99) latency_ms < 1')!
  const shareOfFails = (scale: number) => {
    let fails = 0
    for (let trial = 0; trial < trials; trial++) {
      const each = Array.from({ length: runs }, () => {
        const sorted = Float64Array.from({ length: n }, () => scale * random.exponential()).sort()
        return { value: percentile(sorted, 0.99), n, upper: null, tail: null }
      })
      if (judge(objective, each, OF).verdict === 'FAIL') fails++
    }
    return fails / trials
  }
  const atLimit = 1 / -Math.log(0.01)
  expect(shareOfFails(atLimit)).toBeLessThan(0.025)
  // negative control: three times the limit is found nearly always
  expect(shareOfFails(3 * atLimit)).toBeGreaterThan(0.9)
})

/** Times in a stationary M/M/1 queue with a mean service of 1 ms: exponential, rate 1 - load. */
function* sojourns(random: Random, n: number, load: number) {
  let wait = random.uniform() < load ? random.exponential() / (1 - load) : 0
  for (let i = 0; i < n; i++) {
    const sojourn = wait + random.exponential()
    yield sojourn
    wait = Math.max(0, sojourn - random.exponential() / load)
  }
}

describe('objectives on few requests of a run, in an M/M/1 queue', () => {
  const trials = 500

  /** Shares of verdicts with a limit that is `scale` times the true percentile. */
  function verdicts(
    load: number,
    percentile: number,
    { runs, n, scale = 1 }: { runs: number; n: number; scale?: number },
  ) {
    const random = stream(9, 0, `${load} ${percentile} ${runs}`)
    const limitMs = (scale * -log(1 - percentile)) / (1 - load)
    const objective = parseObjective(`p(${100 * percentile}) latency_ms < ${limitMs}`)!
    const runOf = (): ObjectiveFigure => {
      const times = new Histogram()
      for (const ms of sojourns(random, n, load)) times.record(ms)
      const [figure] = judgedFigures(times, 0, [{ percentile, limitMs }])
      return { ...figure!, n, upper: null }
    }
    const found = Array.from({ length: trials }, () => Array.from({ length: runs }, runOf))
    const shareOf = (is: (each: ObjectiveFigure[]) => boolean) => found.filter(is).length / trials
    return {
      passes: shareOf((each) => judge(objective, each, OF).verdict === 'PASS'),
      fails: shareOf((each) => judge(objective, each, OF).verdict === 'FAIL'),
      /** as if each request were independent of all others */
      naive: shareOf((each) => {
        const beyond = each.reduce((sum, { tail }) => sum + tail!.beyond, 0)
        return clopperPearson(beyond, runs * n).high! < 1 - percentile
      }),
    }
  }

  test.each([
    [0.3, 0.99, { runs: 5, n: 300 }],
    [0.5, 0.95, { runs: 10, n: 300 }],
    [0.5, 0.99, { runs: 5, n: 800 }],
    [0.8, 0.95, { runs: 10, n: 500 }],
    [0.8, 0.99, { runs: 10, n: 1000 }],
    [0.8, 0.99, { runs: 3, n: 4000 }],
  ])('load %s, p%s, %j: hardly ever where the limit is the true percentile', (load, p, size) => {
    // 2.5 % and four standard deviations of the trials
    const most = 0.025 + 4 * Math.sqrt((0.025 * 0.975) / trials)
    const { passes, fails } = verdicts(load, p, size)
    expect(passes).toBeLessThan(most)
    expect(fails).toBeLessThan(most)
  })

  test('negative control: counts that take requests for independent are wrong more often', () => {
    expect(verdicts(0.8, 0.95, { runs: 10, n: 500 }).naive).toBeGreaterThan(0.15)
  })

  test('mostly where the limit is half of it, or twice as much', () => {
    expect(verdicts(0.5, 0.95, { runs: 10, n: 300, scale: 2 }).passes).toBeGreaterThan(0.9)
    expect(verdicts(0.5, 0.95, { runs: 10, n: 300, scale: 0.5 }).fails).toBeGreaterThan(0.9)
  })
})

describe('objectives on few requests of a run', () => {
  const objective = parseObjective('p(99) latency_ms < 50')!
  /** Runs of 2,000 requests, from 4 to 6 ms, each `spread` faster or slower than the mean run. */
  const runs = (spread: number, late = 0) =>
    Array.from({ length: 10 }, (_, i): ObjectiveFigure => {
      const times = new Histogram()
      for (let request = 0; request < 2000 - late; request++) {
        times.record((4 + request / 1000) * (1 + (spread * (i - 4.5)) / 4.5))
      }
      for (let request = 0; request < late; request++) times.record(60)
      const [figure] = judgedFigures(times, 0, [{ percentile: 0.99, limitMs: 50 }])
      return { ...figure!, n: 2000, upper: null }
    })

  test('pass by the count of those beyond the limit', () => {
    const { verdict, tail, estimate } = judge(objective, runs(0), OF)
    expect({ verdict, reason: estimate.reason }).toEqual({ verdict: 'PASS', reason: undefined })
    expect(tail!.beyond).toMatchObject({ value: 0, low: 0, n: 20_000 })
    expect(tail!.beyond.high).toBeLessThan(0.001)
    expect(tail!.design_effect).toBe(1)
    expect(judge(objective, runs(0, 10), OF).verdict).toBe('PASS')
  })

  test('are open where runs differ so much that they are few independent ones', () => {
    const apart = judge(objective, runs(0.3), OF)
    expect(apart.tail!.design_effect).toBeGreaterThan(100)
    expect(apart.verdict).toBe('UNDECIDED')
  })

  test('are open near it, with the share and the duration that would decide', () => {
    const open = judge(objective, runs(0, 18), OF)
    expect(open.verdict).toBe('UNDECIDED')
    expect(open.estimate.reason).toBe(
      '0.90 % of the requests are beyond the limit, up to 1.1 %; 1.0 % may be',
    )
    expect(open.deciding_duration_s).toBeGreaterThan(10)
    expect(judge(objective, runs(0, 20), OF).deciding_duration_s).toBeNull()
    expect(judge(objective, runs(0, 30), OF).verdict).toBe('FAIL')
    const alone = judge(objective, runs(0).slice(0, 1), OF)
    expect(alone.estimate.reason).toBe('p99 needs 10,000 requests in each run, got 2,000')
  })
})

describe('objectives on windows pass by few requests', () => {
  const objective = parseObjective('p(99, worst 1s) latency_ms < 100')!
  /** Latencies at a probability, ms; at 0.99 all have 100. */
  const laws = {
    exponential: (u: number) => (100 * log(1 - u)) / log(0.01),
    lognormal: (u: number) => 100 * exp(1.5 * (normalQuantile(u) - normalQuantile(0.99))),
    uniform: (u: number) => (100 * (1 + u)) / 1.99,
  }
  type Law = (u: number) => number

  /** Windows of `n` requests, the first of the law, the others `calm` times as slow. */
  interface Windows {
    readonly law: Law
    readonly n: number
    readonly count: number
    readonly calm: number
    readonly runs: number
  }

  function worst({ law, n, count, calm }: Windows, random: Random): WindowFigure {
    const windows = new WorstWindow({ lengthMs: 1000, fromMs: 0, count }, [0.99])
    // a run as a whole has a busier or a calmer day
    const day = exp(0.1 * normalQuantile(random.uniform()))
    for (let window = 0; window < count; window++) {
      for (let i = 0; i < n; i++) {
        const ms = day * (window === 0 ? 1 : calm) * law(random.uniform())
        windows.record(1000 * window + (1000 * i) / n, ms)
      }
    }
    return windows.figures[0]!
  }

  const judged = (figures: readonly WindowFigure[]) =>
    judge(objective, ofWindows(figures), OF).verdict

  function shareOfPasses(windows: Windows, upperOf: (figure: WindowFigure) => number): number {
    const random = stream(5, 0, 'false passes')
    const trials = 400
    let passes = 0
    for (let trial = 0; trial < trials; trial++) {
      const each = Array.from({ length: windows.runs }, () => worst(windows, random))
      const own = each.map((figure) => ({ ...figure, upper: upperOf(figure) }))
      if (judged(own) === 'PASS') passes++
    }
    return passes / trials
  }

  const one = { n: 100, count: 2, calm: 0.1 }
  const alike = { n: 150, count: 5, calm: 1 }
  test.each([
    ['exponential', 10],
    ['exponential', 40],
    ['lognormal', 10],
    ['uniform', 10],
  ] as const)('hardly ever where the true %s percentile is the limit, of %s runs', (law, runs) => {
    // 2.5 %, and four standard deviations of 400 trials
    const most = 0.025 + 4 * Math.sqrt((0.025 * 0.975) / 400)
    for (const windows of [one, alike]) {
      const share = shareOfPasses({ law: laws[law], runs, ...windows }, ({ upper }) => upper)
      expect(share, `${windows.count} windows`).toBeLessThan(most)
    }
  })

  test('mostly where the limit is twice the true percentile', () => {
    const half: Law = (u) => 0.5 * laws.exponential(u)
    for (const windows of [one, alike]) {
      const share = shareOfPasses({ law: half, runs: 10, ...windows }, ({ upper }) => upper)
      expect(share).toBeGreaterThan(0.9)
    }
  })

  test('negative control: by nearest rank, one window that is worse than the others would', () => {
    const windows = { law: laws.exponential, runs: 10, ...one }
    expect(shareOfPasses(windows, ({ value }) => value)).toBeGreaterThan(0.2)
  })

  test('not where a window has too few for a value that is high enough', () => {
    const runs = (n: number) => {
      const random = stream(7, 0, 'few')
      const windows = { law: (u: number) => 10 * u, n, count: 2, calm: 1, runs: 10 }
      return Array.from({ length: 10 }, () => worst(windows, random))
    }
    expect(judged(runs(99))).toBe('PASS')
    expect(judged(runs(98))).toBe('UNDECIDED')
    expect(judge(objective, ofWindows(runs(98)), OF).estimate.reason).toBe(
      'p99 needs 10,000 requests in each window, got 98, as a longer one has; ' +
        'PASS by fewer needs 99 in every window, the quietest too, and none lost',
    )
  })
})
