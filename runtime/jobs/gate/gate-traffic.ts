import { EXIT, Failure } from '../../../scenarios/index.ts'
import {
  type GateSlicing,
  inSlices,
  slicingOf,
  withTraffic,
} from '../../../sim/experiment/index.ts'
import type { RequestList } from '../../../sim/traffic/index.ts'
import { MOST_GATE_LOAD } from '../defaults.ts'
import type { JobOptions } from '../options.ts'
import { resolveSystem, type System } from '../prepare.ts'
import { requestsOf } from '../requests.ts'
import { simulate } from '../simulate.ts'

/** Blocks of a round: as many as are judged between two looks. */
const ROUND_BLOCKS = 5
/**
 * The speed of a machine changes within a second, so a second of each side in turn scatters twice
 * as much (docs/design/013).
 */
const SHORTEST_MS = 250
/**
 * Full batches over 1 - load in a slice. Half of what a what-if takes: a gate compares batches of a
 * size and a length, and queues do not decide these. Beside a busy loop, where capacities are low,
 * a gate with as many had no time for its confirmation (docs/design/019).
 */
const BATCHES = 4
/** Of each side, at most; two slices may take longer. */
const BLOCK_MS = 2000

/** Base and head under the traffic of a gate. */
export interface GateTraffic {
  readonly base: System
  readonly head: System
  readonly slicing: GateSlicing
  readonly requests: RequestList
  /** times the traffic of the scenario */
  readonly factor: number
}

/** Duration of the requests by which slices are chosen, s. */
const LOOK_S = 30
/** The traffic is found when the utilisation is this close to what is asked for, relative. */
const CLOSE = 0.03
const MOST_TRIES = 12
/** Most traffic that is offered, as a share of each side's capacity, which counts overheads. */
const MOST_OFFERED = { base: 0.75, head: 0.85 } as const

/** How busy the base is to be, and what is known of it. */
export interface Busy extends JobOptions {
  /** share of the time in batches, of the busiest pool */
  readonly load: number
}

/**
 * The factor of the traffic at which the busiest pool of the base is busy for `load` of the time,
 * as simulated; less where that would overload the head.
 */
export async function trafficFactor(
  base: System,
  head: System,
  { load, ...job }: Busy,
): Promise<number> {
  const slower = (base.capacityRps ?? 1) / (head.capacityRps ?? base.capacityRps ?? 1)
  const most = Math.min(MOST_OFFERED.base, MOST_OFFERED.head / slower)
  let factor = 1
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const { pools, load: offered } = await simulate(gated(base, factor, LOOK_S), {
      replications: 1,
      signal: job.signal,
      onProgress: () => job.onProgress?.('searching the rate of the gate', attempt, MOST_TRIES),
    })
    const busiest = Math.max(...pools.map(({ utilisation }) => utilisation.value ?? 0))
    if (busiest === 0) throw new Failure(`${base.file}: no request arrives in ${LOOK_S} s`)
    // where overheads take long, batches alone cannot keep a pool so busy
    const over = Math.max(busiest / load, (offered ?? 0) / most)
    if (Math.abs(over - 1) < CLOSE) break
    // an overloaded pool shows no more than that
    factor *= busiest > 0.97 ? load : 1 / over
  }
  return factor
}

/** The traffic is lowered where the base is busier in the warm-up by more than this, relative. */
const OFF = 0.12
/** The load of a side after its traffic is lowered because it was above `MOST_GATE_LOAD`. */
const LOWERED_TO = 0.95 * MOST_GATE_LOAD

/** Of the busiest pool of each side, the share of the time. */
export interface Utilisation {
  readonly base: number
  readonly head: number
}

/**
 * The factor by which the traffic is too high, as a warm-up shows: the profile is off, or the
 * machine is slower now. 1 where it need not be lowered, as for a base that is less busy.
 */
export function excessTraffic(
  load: number,
  { wall, processor }: { readonly wall: Utilisation; readonly processor: Utilisation },
): number {
  const offBase = wall.base / load
  const busiest = Math.max(processor.base, processor.head)
  return Math.max(
    offBase > 1 + OFF ? offBase : 1,
    busiest > MOST_GATE_LOAD ? busiest / LOWERED_TO : 1,
  )
}

/** The traffic of a round. Throws `Failure` where it cannot be cut into slices. */
export async function gateTraffic(
  base: System,
  head: System,
  factor: number,
): Promise<GateTraffic> {
  const long = gated(base, factor, LOOK_S)
  const requests = await requestsOf(long, long.capacityRps)
  const sides = [long, gated(head, factor, LOOK_S)].map((side) => ({ ...side, requests }))
  const sliced = slicingOf(sides, { shortestMs: SHORTEST_MS, batches: BATCHES })
  if ('whole' in sliced) {
    const reason = sliced.whole.replace(/^side A:/, 'base:').replace(/^side B:/, 'head:')
    const text = `the measured gate needs slices: ${reason}; the prediction gate supports it`
    throw new Failure(`${base.file}: ${text}`, EXIT.notComparable)
  }
  const { sliceMs, gapMs } = sliced
  const blockSlices = 2 * Math.max(1, Math.floor(BLOCK_MS / (2 * sliceMs)))
  const slices = ROUND_BLOCKS * blockSlices
  const slicing = { slices, sliceMs, gapMs, blockSlices }
  const seconds = (slices * sliceMs) / 1000
  const round = gated(base, factor, seconds)
  return {
    base: round,
    head: gated(head, factor, seconds),
    slicing,
    requests: inSlices(await requestsOf(round, round.capacityRps), slicing),
    factor,
  }
}

/** A system with the traffic of a gate: another rate, a round long, and nothing but latencies. */
function gated(system: System, factor: number, duration_s: number): System {
  const scenario = withTraffic(system.scenario, factor)
  if (scenario === null) {
    const text = 'the measured gate needs rates that can be multiplied'
    throw new Failure(
      `${system.file}: ${text}: a servegen class needs rate_rps or load`,
      EXIT.notComparable,
    )
  }
  // loads are shares of the capacity, which must stay that of the base
  const shorter = { ...scenario, duration_s, warmup_s: 0, slo: {} }
  return resolveSystem({ ...system, scenario: shorter }, system.profile)
}
