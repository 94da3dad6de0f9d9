import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { OUTCOME } from '../sim/serving/index.ts'
import { processesWith } from './command-line.ts'
import { drill } from './guide-drill.ts'
import { type Replayed, replayProcessesIn } from './live-replay.ts'
import { temporaryFolder } from './spillway.ts'

/**
 * Places with networks, a router over pools, copies, retries and executors that are really killed,
 * all in one replay: the scenario of the guide on failures. No test depends on speed.
 */

const folder = temporaryFolder()

/** Of the network, ms: the least of each way. */
const LEAST_MS = 4
const REPLICAS = 5

const enginesNow = () =>
  processesWith(`SPILLWAY_CACHE=${folder}/cache`).filter(({ command }) =>
    command.includes('engine-process'),
  )

const [EDGE, CENTRAL] = [0, 1]
const [SEARCH, ORDER] = [0, 1]

describe.runIf(process.platform === 'linux')('the drill of the guide', () => {
  let replayed: Replayed
  /** processes of executors that were seen while it ran */
  const processes = new Set<number>()

  beforeAll(async () => {
    let ended = false
    const replay = replayProcessesIn(folder)('drill', drill()).finally(() => {
      ended = true
    })
    while (!ended) {
      for (const { pid } of enginesNow()) processes.add(pid)
      await Promise.race([replay, delay(100)])
    }
    replayed = await replay
  })

  const keysOf = (outcome: number) => {
    const { rows } = replayed
    return [...rows.outcome.keys()].filter((key) => rows.outcome[key] === outcome)
  }

  test('10,000 requests and more are sent, and each ends in one count', () => {
    const { result, rows } = replayed
    expect(rows.outcome.length).toBeGreaterThan(10_000)
    let arrived = 0
    for (const { counts } of result.classes) {
      const { arrived: classArrived, in_flight, ...ends } = counts
      expect(in_flight).toBe(0)
      expect(Object.values(ends).reduce((a, b) => a + b, 0)).toBe(classArrived)
      arrived += classArrived
    }
    expect(arrived).toBe(result.pools.reduce((sum, { counts }) => sum + counts.arrived, 0))
    const { withdrawn, redundant } = result.classes[SEARCH]!.hedges!
    expect(keysOf(OUTCOME.withdrawn).length).toBe(withdrawn)
    expect(keysOf(OUTCOME.redundant).length).toBe(redundant)
    const retried = keysOf(OUTCOME.retried).length
    expect(rows.outcome.length).toBe(arrived + withdrawn + redundant + retried)
  })

  test('executors of both pools are killed, come back as new processes, and none is left', () => {
    for (const { availability, counts } of replayed.result.pools) {
      expect(availability!.losses).toBeGreaterThan(0)
      expect(availability!.up_share.value).toBeLessThan(1)
      expect(counts.failed).toBeGreaterThan(0)
    }
    // a replica that is lost twice is up in between
    const { losses } = replayed.result.pools[CENTRAL]!.availability!
    expect(losses).toBeGreaterThan(3)
    expect(processes.size).toBeGreaterThan(REPLICAS)
    expect(enginesNow()).toEqual([])
    expect(processesWith(`SPILLWAY_CACHE=${folder}/cache`)).toEqual([])
  })

  test('copies that wait are withdrawn, and requests that clients send again are counted', () => {
    const { result, rows } = replayed
    const { sent, won } = result.classes[SEARCH]!.hedges!
    const further = [...rows.copyOf.keys()].filter((key) => rows.copyOf[key]! >= 0)
    expect(further.every((key) => rows.class[key] === SEARCH)).toBe(true)
    expect(sent).toBe(further.length)
    expect(won).toBe(further.filter((key) => rows.outcome[key] === OUTCOME.served).length)
    const withdrawn = keysOf(OUTCOME.withdrawn)
    expect(withdrawn.length).toBeGreaterThan(0)
    // none of them has run
    expect(withdrawn.every((key) => rows.batch[key] === -1)).toBe(true)
    const retried = [...rows.attempt.keys()].filter((key) => rows.attempt[key]! > 1)
    expect(retried.length).toBeGreaterThan(0)
    expect(retried.every((key) => rows.class[key] === ORDER)).toBe(true)
    expect(result.classes[ORDER]!.retries).toBe(retried.length)
    expect(result.pools[EDGE]!.shed_by.queue).toBeGreaterThan(0)
  })

  test('only the far pool is behind the network, whose time is a part of the latency', () => {
    const { result, rows } = replayed
    const ways = (pool: number) =>
      keysOf(OUTCOME.served)
        .filter((key) => rows.pool[key] === pool)
        .map((key) => [rows.sent[key]! - rows.routed[key]!, rows.answered[key]! - rows.done[key]!])
    const far = ways(CENTRAL).flat()
    expect(far.length).toBeGreaterThan(0)
    expect(Math.min(...far)).toBeGreaterThanOrEqual(LEAST_MS - 1e-6)
    expect(new Set(ways(EDGE).flat())).toEqual(new Set([0]))
    const [edge, central] = result.pools.map(({ parts }) => parts.network!.mean.value!)
    expect(edge).toBe(0)
    expect(central).toBeCloseTo(far.reduce((sum, ms) => sum + ms, 0) / (far.length / 2), 6)
  })

  test('latencies run from the scheduled arrival to the answer', () => {
    const { result, rows } = replayed
    for (const number of [SEARCH, ORDER]) {
      const keys = keysOf(OUTCOME.served).filter((key) => rows.class[key] === number)
      const latencies = keys.map((key) => rows.answered[key]! - rows.at[key]!)
      expect(Math.min(...latencies)).toBeGreaterThan(0)
      const mean = latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length
      const { value } = result.classes[number]!.latency.mean
      // a machine may be so busy that it serves none of them in time
      if (keys.length === 0) expect(value).toBeNull()
      else expect(value).toBeCloseTo(mean, 6)
    }
  })
})
