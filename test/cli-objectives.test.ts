import { expect, test } from 'vitest'
import { resultSchema } from '../sim/documents/index.ts'
import { commandsIn, expectRefusal, put, temporaryFolder } from './spillway.ts'

/** Exit codes of objectives: what CI reads. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)

/** 600 requests, each of which takes 4 ms or a little more. */
put(
  folder,
  'quick.yaml',
  `spillway: 1
name: quick
duration_s: 12
warmup_s: 2
models: { m: { work: { law: linear, base_ms: 4, per_item_ms: 0.1 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 60 } }]
pools: [{ name: central, model: m }]
`,
)

const simulate = (...objectives: readonly string[]) =>
  run('simulate', 'quick.yaml', '--set', `slo.web=${JSON.stringify(objectives)}`)

test.each([
  ['0 where every objective is met', ['p(50) latency_ms < 100'], 0, /^PASS /m],
  ['4 where one is missed', ['p(50) latency_ms < 100', 'p(50) latency_ms < 1'], 4, /^FAIL /m],
  ['4 for a percentile of few requests', ['p(99.9) latency_ms < 1'], 4, /^FAIL .* times the/m],
  [
    '0 where few requests a run are surely below the limit',
    ['p(99) latency_ms < 100'],
    0,
    /^PASS .*; 0\.00 \[0\.00, 0\.13\] % of 6,\d+ requests are beyond it\)$/m,
  ],
  [
    '5 where one is undecided, with the duration that would decide',
    ['p(50) latency_ms < 100', 'p(99.9) latency_ms < 100'],
    5,
    /^UNDECIDED .*; 0 % of the requests are beyond the limit, up to .* %; 0\.10 % may be; duration_s of about 18 wo/m,
  ],
  [
    '0 where windows of few requests are far below the limit',
    ['p(99, worst 5s) latency_ms < 100'],
    0,
    /^PASS /m,
  ],
  [
    '5 where they are close to it',
    ['p(99, worst 5s) latency_ms < 14'],
    5,
    /^UNDECIDED .* p99 needs 10,000 requests in each window, got \d+, as a longer one has; by a rank that is not too low it is 1\d\.\d ms, up to 1\d\.\d ms\)$/m,
  ],
  [
    '5 where a window has too few requests for any verdict',
    ['p(99, worst 1s) latency_ms < 100'],
    5,
    /^UNDECIDED .* p99 needs 10,000 requests in each window, got \d+, as a longer one has; PASS by fewer needs 99 in every window, the quietest too, and none lost\)$/m,
  ],
] as const)('the exit code is %s', async (_, objectives, code, line) => {
  const ended = await simulate(...objectives)
  expect(ended.code, ended.stderr).toBe(code)
  expect(ended.stdout).toMatch(line)
})

test('the exit code is 0 without objectives', async () => {
  expect((await run('simulate', 'quick.yaml')).code).toBe(0)
})

test('replications that are the same are exact, and need no number of requests', async () => {
  const exact = ['--set', 'traffic.web.arrivals.process=deterministic']
  const objective = ['--set', 'slo.web=["p(99) latency_ms < 100"]']
  const { code, stdout } = await run('simulate', 'quick.yaml', ...exact, ...objective)
  expect(code).toBe(0)
  expect(stdout).toMatch(/^warning: all 10 replications are the same, /m)
  expect(stdout).toMatch(
    /^PASS {7}web: p\(99\) latency_ms < 100 {2}\(4\.1 ms, 0\.041 of the limit\)/m,
  )
})

test('the worst window stands in table and document', async () => {
  const { stdout } = await run('simulate', 'quick.yaml', '--json')
  const { worst_window: worst, pools, classes } = resultSchema.parse(JSON.parse(stdout))
  expect(worst!.window_s).toBe(1)
  expect(worst!.pools[0]!.utilisation.value).toBeGreaterThan(pools[0]!.utilisation.value!)
  const [whole, window] = [classes[0]!, worst!.classes[0]!].map((cell) => cell.latency)
  expect(window).toMatchObject({ p95: { value: null } })
  expect(whole).toMatchObject({ percentiles: { p50: { low: expect.any(Number) } } })
  const text = (await run('simulate', 'quick.yaml')).stdout
  expect(text).toMatch(/^worst window +over the run +in the worst window$/m)
})

test('headroom is the traffic at which M/M/1 reaches the limit, above and below it', async () => {
  put(
    folder,
    'mm1.yaml',
    `spillway: 1
name: mm1
duration_s: 800
warmup_s: 50
models: { m: { work: { law: exponential, mean_ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
pools: [{ name: central, model: m }]
slo: { web: ["p(90) latency_ms < 100"] }
`,
  )
  // p90 of the sojourn time of M/M/1 is ln 10 / (mu - lambda)
  const limitRps = 100 - (1000 * Math.log(10)) / 100
  for (const rate of [50, 90]) {
    const set = ['--set', `traffic.web.arrivals.rate_rps=${rate}`]
    const ended = await run('simulate', 'mm1.yaml', '--headroom', ...set, '--json')
    expect(ended.code, ended.stderr).toBe(rate < limitRps ? 0 : 4)
    const { holds, breaks, objective } = resultSchema.parse(JSON.parse(ended.stdout)).headroom!
    expect(holds! * rate).toBeGreaterThan(0.95 * limitRps)
    expect(holds! * rate).toBeLessThan(limitRps)
    expect(breaks! / holds!).toBeLessThan(1.03)
    expect(objective).toBe('web: p(90) latency_ms < 100')
  }
  const none = await run('simulate', 'mm1.yaml', '--headroom', '--set', 'slo={}')
  expectRefusal(none, 3, folder)
  expect(none.stderr).toContain('headroom needs an objective: state one under slo')
})

test('--fail-on fail ends with 0 where objectives are undecided, and with 4 where one fails', async () => {
  const once = (limit: number, ...options: readonly string[]) => {
    // a single run has no interval
    const slo = `slo.web=${JSON.stringify([`p(50) latency_ms < ${limit}`])}`
    return run('simulate', 'quick.yaml', '--replications', '1', '--set', slo, ...options)
  }
  const undecided = await once(100)
  expect(undecided.code, undecided.stderr).toBe(5)
  const ended = await once(100, '--fail-on', 'fail')
  expect(ended).toEqual({ ...undecided, code: 0 })
  expect(await once(100, '--fail-on', 'undecided')).toEqual(undecided)
  const failing = await run(
    ...['simulate', 'quick.yaml', '--set', 'slo.web=["p(50) latency_ms < 1"]', '--fail-on', 'fail'],
  )
  expect(failing.code, failing.stderr).toBe(4)
})
