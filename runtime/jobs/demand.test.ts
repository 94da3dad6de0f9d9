import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { keptReplication, resolveSystem } from '../../sim/experiment/index.ts'
import { backlogOf, backlogWarning, longRunWarning } from './demand.ts'
import { prepare } from './prepare.ts'
import { drawnRequests } from './requests.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-demand-'))
afterAll(() => rmSync(folder, { recursive: true }))

writeFileSync(
  join(folder, 's.yaml'),
  `spillway: 1
name: demand
duration_s: 100
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
pools: [{ name: p, model: m }]
`,
)
const prepared = (...set: string[]) => prepare(join(folder, 's.yaml'), { set })
const rate = (rps: number) => `traffic.web.arrivals.rate_rps=${rps}`
const capacityRps = 100

describe('requests of a run', () => {
  const surges = Array.from({ length: 5 }, () => '{ at_s: 1, factor: 1e6, hold_s: 90 }').join()
  test.each([
    [[rate(1e12)], '100,000,000,000,000'],
    [['traffic.web.arrivals={ process: poisson, load: 4294967296 }'], '42,949,672,960,000'],
    [[`traffic.web.arrivals.surges=[${surges}]`], '22,499,982,500'],
    [
      [rate(1e7), 'pools.p.queue.mode=per-replica', 'pools.p.replicas=2', 'traffic.web.fan_out=2'],
      '2,000,000,000',
    ],
    [[rate(1e7), 'traffic.web.retry.max_attempts=3'], '3,000,000,000'],
  ])('that are too many are refused with their number: %j', async (set, number) => {
    const own = await prepared(...set)
    expect(() => resolveSystem(own, null)).toThrow(
      `expected at most 1,000,000,000 requests of a run, got about ${number}; lower the rate`,
    )
  })

  test('held in memory have a lower limit than streamed ones', async () => {
    const own = await prepared(rate(60_000))
    expect(resolveSystem(own, null).capacityRps).toBe(capacityRps)
    await expect(drawnRequests(own, capacityRps)).rejects.toThrow(
      'expected at most 5,000,000 requests where all are kept in memory, got about 6,000,000',
    )
  })
})

describe('a queue without a bound', () => {
  test.each([
    [[rate(150)]],
    [[rate(80), 'traffic.web.arrivals.surges=[{ at_s: 20, factor: 4, hold_s: 10 }]']],
    [[rate(150), 'traffic.web.timeout_ms=500', 'traffic.web.retry.max_attempts=3']],
  ])('grows as estimated: %j', async (set) => {
    const own = await prepared(...set)
    const backlog = backlogOf(own, capacityRps)!
    const { rows } = keptReplication(resolveSystem(own, null), 0)
    const dispatched = rows.columns.dispatched.toSorted()
    let begun = 0
    const waiting = Array.from(rows.columns.sent.toSorted(), (sent, i) => {
      while (dispatched[begun]! <= sent) begun++
      return i + 1 - begun
    })
    const peak = waiting.reduce((a, b) => Math.max(a, b))
    expect(backlog.requests / peak).toBeGreaterThan(0.9)
    expect(backlog.requests / peak).toBeLessThan(1.1)
  })

  test('does not grow below the capacity', async () => {
    expect(backlogOf(await prepared(), capacityRps)).toEqual({ requests: 0, bytes: 0 })
  })

  test('causes a warning if it needs much memory, and is refused if it needs all', async () => {
    const warning = async (rps: number, runs = 1) =>
      backlogWarning(await prepared(rate(rps)), capacityRps, runs)
    expect(await warning(150)).toBeNull()
    expect(await warning(10_100, 2)).toBe(
      'traffic exceeds the capacity and no queue is bounded: about 1,000,000 requests will wait, which takes 0.15 GB of memory in each of 2 simulations at once; set queue.max_length or queue.timeout_ms',
    )
    await expect(warning(9e6, 1000)).rejects.toThrow(
      /about 899,990,000 requests will wait, which would take 130 GB of memory in each of 1000/,
    )
  })

  test.each([
    'pools.p.queue.max_length=10',
    'pools.p.queue.timeout_ms=10',
    'pools.p.admission.concurrency.limit=10',
  ])('is absent with %s', async (set) => {
    expect(backlogOf(await prepared(rate(1e6), set), capacityRps)).toBeNull()
  })

  test('is absent if clients cancel, or wait for their answers', async () => {
    const leave = ['traffic.web.timeout_ms=10', 'traffic.web.cancel=true']
    expect(backlogOf(await prepared(rate(1e6), ...leave), capacityRps)?.requests).toBe(0)
    const users =
      'traffic.web.arrivals={ process: closed-loop, users: 1000, think_time_s: { distribution: fixed, value: 0 } }'
    expect(backlogOf(await prepared(users), capacityRps)?.requests).toBe(0)
  })
})

describe('a warning of a long run', () => {
  const users = (more: string) =>
    `traffic.web.arrivals={ process: closed-loop, users: 64, think_time_s: { distribution: fixed, value: ${more} } }`
  const bounded = 'pools.p.queue.max_length=10'
  const warning = async (set: readonly string[], replications = 10) =>
    longRunWarning(await prepared(...set), capacityRps, replications)

  test('has the number of requests, and what would lower it', async () => {
    expect(await warning([rate(50)])).toBeNull()
    expect(await warning([rate(50_000)])).toBe(
      'about 5,000,000 requests in each of 10 replications are simulated, which may take minutes; to have fewer, lower the rate or shorten duration_s',
    )
    expect(await warning([rate(50_000)], 1)).toBeNull()
    expect(await warning([rate(250_000)], 1)).toMatch(/^about 25,000,000 requests are simulated/)
  })

  test('counts retries', async () => {
    expect(await warning([rate(10_000), 'traffic.web.retry.max_attempts=3'])).toMatch(
      /^up to about 3,000,000 requests in each of 10/,
    )
  })

  test('counts users who are refused and ask again after a short think time', async () => {
    expect(await warning([users('50e-6'), bounded])).toBe(
      'up to about 128,000,064 requests in each of 10 replications are simulated, as many as think times allow, which may take minutes; to have fewer, lengthen think_time_s or shorten duration_s',
    )
    // each of them waits for an answer, so the capacity limits them
    expect(await warning([users('50e-6')])).toBeNull()
    expect(await warning([users('50e-6'), 'pools.p.queue.max_length=64'])).toBeNull()
    expect(await warning([users('1'), bounded])).toBeNull()
  })

  const thinks = (seconds: number, more = '') =>
    `traffic.web={ class: web, arrivals: { process: closed-loop, users: 64, think_time_s: { distribution: fixed, value: ${seconds} } }${more} }`
  const roomy = 'pools.p.queue.max_length=64'
  const again = 'retry: { max_attempts: 10, backoff_ms: 0.01, multiplier: 1 }'
  test.each<[string, string[], number]>([
    ['refused users', [thinks(0.001), bounded], 1e5],
    ['users that time out and leave', [thinks(5e-5, ', timeout_ms: 1, cancel: true')], 1e5],
    ['users whose requests stay when they time out', [thinks(5e-5, ', timeout_ms: 1')], 1e5],
    ['requests that stay and fill the queue', [thinks(0.001, ', timeout_ms: 5'), roomy], 5e4],
    [
      'drawn timeouts',
      [thinks(0.001, ', timeout_ms: { distribution: exponential, mean: 1 }')],
      5e4,
    ],
    ['retries of refused users', [thinks(0.01, `, ${again}`), bounded], 1e5],
    [
      'retries within a budget',
      [thinks(0.001, `, ${again.replace('1 }', '1, budget: { ratio: 0.5 } }')}`), bounded],
      1.2e5,
    ],
    [
      'copies of refused requests',
      [
        thinks(0.001, ', hedge: { policy: hedged, after_ms: 1, max_attempts: 3 }'),
        bounded,
        'pools.p.queue.mode=per-replica',
        'pools.p.replicas=3',
      ],
      1.5e5,
    ],
    [
      'replicas that are away',
      [
        thinks(0.001),
        'failures=[{ kind: crash, at_s: [0.1], restart_s: { distribution: fixed, value: 9 } }]',
        'pools.p.queue.mode=per-replica',
      ],
      1e5,
    ],
  ])('is no less than what a run makes: %s', async (_, set, least) => {
    const own = await prepared(...set, 'duration_s=2')
    const { rows } = keptReplication(resolveSystem(own, null), 0)
    expect(rows.count).toBeGreaterThan(least)
    const [, most] = /up to about ([\d,]+)/.exec(longRunWarning(own, capacityRps, 1e6)!)!
    expect(rows.count).toBeLessThanOrEqual(Number(most!.replaceAll(',', '')))
  })

  test('is no bound where users may ask again at one instant', async () => {
    expect(await warning([thinks(0), bounded], 1e6)).toMatch(
      /^about 10,064 requests or more in each of 1000000 replications are simulated, as users without/,
    )
  })

  test('is of the expected number where nothing can end early', async () => {
    expect(await warning([thinks(0.001)], 1e6)).toMatch(/^up to about 10,064 requests in each/)
    // the capacity of a mix does not limit each of its classes
    const [web] = thinks(0.001).split('traffic.web=').slice(1)
    const other = '{ class: other, arrivals: { process: poisson, rate_rps: 1 } }'
    expect(await warning([`traffic=[${web}, ${other}]`], 1e6)).toMatch(
      /^up to about 6,400,164 requests/,
    )
  })
})
