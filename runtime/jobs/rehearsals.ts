import { hashOf } from '../../scenarios/index.ts'
import { notCountedTexts } from '../../sim/documents/index.ts'
import {
  countedRuns,
  loadOf,
  notCounted,
  type ObservedRun,
  resolveSystem,
} from '../../sim/experiment/index.ts'
import { reactingClasses } from '../../sim/traffic/index.ts'
import type { Replayed } from '../live/fleet.ts'
import { hostFingerprint } from '../live/host.ts'
import { LiveSession, type OpenSide } from '../live/live-session.ts'
import { learn } from './learn.ts'
import { openSides, type ReplaySide } from './live-side.ts'
import type { Progress } from './options.ts'
import type { System } from './prepare.ts'
import { drawnRequests, liveTraffic } from './requests.ts'

/**
 * Rehearsals: replays of a scenario with other seeds, before and between the replays that are
 * judged. From them, and not from those, a prediction learns how the machine runs this traffic now.
 */
export async function rehearsalsOf(system: System, count: number): Promise<ReplaySide[]> {
  const { scenario, capacityRps } = system
  const sides: ReplaySide[] = []
  for (let i = 1; i <= count; i++) {
    const seed = (scenario.seed + i) % Number.MAX_SAFE_INTEGER
    const rehearsal = { ...system, scenario: { ...scenario, seed } }
    sides.push({ system, traffic: await liveTraffic(rehearsal, capacityRps) })
  }
  return sides
}

/** Why replays of a server rehearse nothing. */
export const UNSEEN =
  'a server hides what rehearsals would learn, so there are none; the prediction uses the calibration alone'

/** Plays one of some rehearsals on an open fleet, where nothing happens to its executors. */
export function playRehearsal(
  { fleet }: OpenSide,
  rehearsals: readonly ReplaySide[],
  index: number,
  { onProgress }: { readonly onProgress: Progress },
): Promise<Replayed> {
  const { system, traffic } = rehearsals[index]!
  const phase = `rehearsal ${index + 1} of ${rehearsals.length}`
  return fleet.replay(system.plan, traffic, {
    onProgress: (done, of) => onProgress(phase, done, of),
  })
}

/** A system that has learnt from rehearsals, and warnings about them. */
export interface Rehearsed {
  readonly system: System
  readonly warnings: readonly string[]
}

/**
 * The same system with the speeds, stalls and overheads of its rehearsals. Its capacity stays, or
 * its loads would become other rates than those that were replayed.
 */
export function afterRehearsals(system: System, runs: readonly ObservedRun[]): Rehearsed {
  const { scenario, profile, capacityRps, capacitiesRps } = system
  if (profile === null || runs.length === 0) return { system, warnings: [] }
  const poor = notCounted(runs).map(({ replay, ...why }) => ({ number: replay, ...why }))
  const noBetter = poor.length < runs.length ? '' : '; no other is better'
  const rps =
    runs.reduce((sum, { rows }) => sum + rows.count, 0) / runs.length / scenario.duration_s
  const replayed = { scenario, runs: countedRuns(runs), load: loadOf(rps, system) ?? 0 }
  const learnt = resolveSystem(system, { ...profile, models: learn(profile.models, [replayed]) })
  return {
    system: { ...learnt, capacityRps, capacitiesRps },
    warnings: notCountedTexts('rehearsal', poor).map((text) => `${text}${noBetter}`),
  }
}

/** A system with the profile of another one, at its own capacity. */
export function withProfileOf({ profile }: System, system: System): System {
  if (profile === null || profile === system.profile) return system
  const { capacityRps, capacitiesRps } = system
  return { ...resolveSystem(system, profile), capacityRps, capacitiesRps }
}

/** Whether the profile of a system is of this machine: work of another one is never mixed in. */
export const profiledHere = ({ profile }: System) =>
  profile !== null && hashOf(profile.host) === hashOf(hostFingerprint())

/** Requests of a rehearsal that is cut short, at least: fewer show nothing. */
const FEWEST = 30

/**
 * Rehearses a scenario on its own. A rehearsal has the traffic of the whole scenario, or of its
 * first `longestS` seconds and at least some requests.
 */
export async function rehearse(
  whole: System,
  count: number,
  options: {
    readonly signal: AbortSignal
    readonly onProgress: Progress
    readonly longestS?: number | undefined
  },
): Promise<Rehearsed> {
  const { longestS, signal, onProgress } = options
  const system = longestS === undefined ? whole : await firstSeconds(whole, longestS)
  const sides = await rehearsalsOf(system, count)
  if (sides.length === 0) return { system, warnings: [] }
  const waiting: Progress = (phase, done, of) =>
    onProgress(done < of ? phase : `${phase}: waiting for the last answers`, done, of)
  const runs: Replayed[] = []
  const session = new LiveSession({ signal, onProgress })
  try {
    const [opened] = await openSides(session, sides.slice(0, 1))
    for (const i of sides.keys()) {
      runs.push(await playRehearsal(opened!, sides, i, { onProgress: waiting }))
    }
    const rehearsed = afterRehearsals(system, runs)
    return { ...rehearsed, warnings: [...opened!.warnings, ...rehearsed.warnings] }
  } finally {
    await session.close()
  }
}

/** A system with the first seconds of its traffic, or with more where they have few requests. */
async function firstSeconds(system: System, seconds: number): Promise<System> {
  const { scenario, capacityRps } = system
  const lasting = (duration_s: number) => ({ ...system, scenario: { ...scenario, duration_s } })
  for (let duration_s = seconds; duration_s < scenario.duration_s; duration_s *= 2) {
    const cut = lasting(duration_s)
    if (reactingClasses(scenario).length > 0) return cut
    const { count } = await drawnRequests(cut, capacityRps)
    if (count >= FEWEST) return cut
  }
  return system
}
