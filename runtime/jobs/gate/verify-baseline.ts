import { isDeepStrictEqual } from 'node:util'
import {
  EXIT,
  Failure,
  hashOf,
  loadScenario,
  parseKeptScenario,
  type Scenario,
} from '../../../scenarios/index.ts'
import type { BaselineEntry, GateCase } from '../../../sim/documents/index.ts'
import { metricLabel, withSourceInputs } from '../../../sim/experiment/index.ts'
import type { System } from '../prepare.ts'

/** Why the figures of a baseline cannot be relied on. */
export interface Doubt {
  /**
   * they are shown to be others, or of another machine, and say nothing of the head; else they
   * cannot be made again here
   */
  readonly refuted: boolean
  readonly reason: string
}

/** A baseline that is verified, and what verifies it. */
interface Verification {
  /** of the baseline, for people */
  readonly from: string
  readonly head: BaselineEntry
  /** simulates the scenario that the baseline holds, as the head was simulated */
  readonly simulate: (scenario: Scenario) => Promise<BaselineEntry>
}

const AGAIN = 'write it again with --update, or gate with --against-ref'

/**
 * Whether the figures of a baseline are those of the scenario that it holds: a file can be
 * edited. Null where they are; a scenario that is the head's own is simulated already.
 */
export async function doubtOf(
  entry: BaselineEntry,
  { from, head, simulate }: Verification,
): Promise<Doubt | null> {
  const [made, here] = [engineOf(entry), engineOf(head)]
  if (made !== here) return openBy(`${from} was made by Spillway ${made}, and this is ${here}`)
  const scenario = keptScenario(entry, from)
  if (scenario === null) return refutedBy(`${from} holds no scenario that it can be made of`)
  if (hashOf(JSON.parse(keptText(entry))) !== entry.hash) {
    return refutedBy(`${from} states the hash ${entry.hash}, which is not that of its scenario`)
  }
  const again = entry.hash === head.hash ? head : await simulate(scenario).catch(problemOf)
  if (typeof again === 'string') return openBy(`the base cannot be simulated here: ${again}`)
  if (again.profile?.hash !== entry.profile?.hash) {
    const [before, now] = [entry, again].map(({ profile }) => profile?.hash ?? 'none')
    return refutedBy(`${from} was made with profile ${before}, and here it is ${now}`)
  }
  const difference = differenceOf(entry, again)
  if (difference === null) return null
  const causes = 'it was edited, or files that the scenario names have changed'
  return refutedBy(`${from} ${difference}: ${causes}`)
}

const refutedBy = (reason: string): Doubt => ({ refuted: true, reason })
const openBy = (reason: string): Doubt => ({ refuted: false, reason })

/**
 * A case under a doubt about its base: figures that are refuted say nothing. Those that cannot be
 * made again may show that the head is worse, but never that it is not.
 */
export function underDoubt(gateCase: GateCase, doubt: Doubt | null): GateCase {
  if (doubt === null) return gateCase
  const { refuted, reason } = doubt
  if (refuted) {
    const none = { scenario: null, profile: null, engine: null }
    const text = `${reason}; ${AGAIN}`
    return { ...gateCase, verdict: 'NOT COMPARABLE', reason: text, changes: none, metrics: [] }
  }
  if (gateCase.verdict === 'FAIL') {
    return { ...gateCase, reason: `${gateCase.reason}; the base is not verified: ${reason}` }
  }
  const text = `the base cannot be verified: ${reason}; ${AGAIN}`
  return { ...gateCase, verdict: 'NOT COMPARABLE', reason: text }
}

const engineOf = ({ version, commit }: BaselineEntry) =>
  commit === null ? version : `${version} (${commit})`

const keptText = ({ scenario }: BaselineEntry) => JSON.stringify(scenario ?? null)

/** Null where the scenario of a baseline is none of this version. */
export function keptScenario(entry: BaselineEntry, from: string): Scenario | null {
  try {
    return parseKeptScenario(keptText(entry), from)
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

/** Whether a scenario has uncertain inputs, or includes those of sources. */
export const hasInputs = (scenario: Scenario | null): boolean =>
  Object.keys(scenario?.uncertain ?? {}).length > 0

/**
 * The uncertain inputs of the scenario in a baseline, none where all are known, or why they cannot
 * be drawn: a baseline that an earlier version wrote has only their stated values. `system`: that
 * scenario, whose files are where its are.
 */
export async function inputsIn(
  { stated, hash }: BaselineEntry,
  from: string,
  { scenario, file, directory, models }: System,
): Promise<Pick<System, 'uncertain'> | Doubt> {
  if (!hasInputs(scenario)) return {}
  const text = JSON.stringify(stated ?? null)
  const loaded = await loadScenario({ file, text, directory }).catch(problemOf)
  if (typeof loaded === 'string' || loaded.hash !== hash || loaded.uncertain === undefined) {
    return refutedBy(`${from} does not hold its uncertain inputs as its scenario states them`)
  }
  const { uncertain } = loaded
  return { uncertain, ...withSourceInputs({ scenario, file, uncertain }, models) }
}

/** The first problem of what cannot be simulated. An interruption is none. */
export function problemOf(error: unknown): string {
  if (error instanceof Failure && error.exitCode !== EXIT.interrupted) return error.problems[0]!
  throw error
}

const nameOf = ({ class: of, name, unit, better }: BaselineEntry['figures'][number]) => {
  return { of, name, unit, better }
}

const KEYS = ['name', 'seed', 'replications', 'load', 'objectives', 'profile'] as const

/** What a baseline has otherwise than a simulation of its scenario, in words; null for nothing. */
function differenceOf(entry: BaselineEntry, simulated: BaselineEntry): string | null {
  // as it would stand in a file
  const again = JSON.parse(JSON.stringify(simulated)) as BaselineEntry
  for (const [i, figure] of again.figures.entries()) {
    const stated = entry.figures[i]
    if (isDeepStrictEqual(stated, figure)) continue
    const { value } = figure
    if (stated === undefined || !isDeepStrictEqual(nameOf(stated), nameOf(figure))) {
      return `lacks ${metricLabel(figure)} at its place`
    }
    if (stated.value !== value) {
      return `has ${metricLabel(figure)} ${stated.value}, and its scenario ${value}`
    }
    return `has another interval of ${metricLabel(figure)} than its scenario`
  }
  if (entry.figures.length > again.figures.length) {
    return `has ${metricLabel(entry.figures[again.figures.length]!)}, and its scenario has none`
  }
  const key = KEYS.find((candidate) => !isDeepStrictEqual(entry[candidate], again[candidate]))
  return key === undefined ? null : `has another ${key} than its scenario`
}
