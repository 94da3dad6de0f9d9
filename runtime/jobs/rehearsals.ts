import { hashOf } from '../../scenarios/index.ts'
import { notCountedTexts } from '../../sim/documents/index.ts'
import { countedRuns, loadOf, notCounted, resolveSystem } from '../../sim/experiment/index.ts'
import { reactingClasses } from '../../sim/traffic/index.ts'
import type { Replayed } from '../live/fleet.ts'
import { hostFingerprint } from '../live/host.ts'
import { learn } from './learn.ts'
import type { Progress } from './options.ts'
import type { System } from './prepare.ts'
import { drawnRequests, liveTraffic } from './requests.ts'
import { openFleet, type ReplaySide } from './warm-fleet.ts'

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

/** A system that has learnt from rehearsals, and warnings about them. */
export interface Rehearsed {
  readonly system: System
  readonly warnings: readonly string[]
}

/**
 * The same system with the speeds, stalls and overheads of its rehearsals. Its capacity stays, or
 * its loads would become other rates than those that were replayed.
 */
export function afterRehearsals(system: System, runs: readonly Replayed[]): Rehearsed {
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
  const { longestS } = options
  const system = longestS === undefined ? whole : await firstSeconds(whole, longestS)
  const sides = await rehearsalsOf(system, count)
  if (sides.length === 0) return { system, warnings: [] }
  const { fleet, warnings } = await openFleet(sides[0]!, options)
  const runs: Replayed[] = []
  try {
    for (const [i, { traffic }] of sides.entries()) {
      const phase = `rehearsal ${i + 1} of ${sides.length}`
      const onProgress = (done: number, of: number) =>
        options.onProgress(done < of ? phase : `${phase}: waiting for the last answers`, done, of)
      runs.push(await fleet.replay(system.plan, traffic, { onProgress }))
    }
  } finally {
    await fleet.close()
  }
  const rehearsed = afterRehearsals(system, runs)
  return { ...rehearsed, warnings: [...warnings, ...rehearsed.warnings] }
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
