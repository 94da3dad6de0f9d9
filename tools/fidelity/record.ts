import { setMaxListeners } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ProgressDisplay } from '../../runtime/commands/progress.ts'
import { documentText, readText } from '../../runtime/folders/documents.ts'
import { loadProfile, mergeProfiles } from '../../runtime/folders/profile-file.ts'
import { readRows, writeRows } from '../../runtime/folders/rows-file.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { calibrate } from '../../runtime/jobs/calibrate.ts'
import { probesOf } from '../../runtime/jobs/idle-probes.ts'
import { openSides, playerOn, type ReplaySide } from '../../runtime/jobs/live-side.ts'
import { type Prepared, prepare, type System } from '../../runtime/jobs/prepare.ts'
import { requestsOf } from '../../runtime/jobs/requests.ts'
import { LiveSession, type Player } from '../../runtime/live/live-session.ts'
import { hashOf, modelKey } from '../../scenarios/index.ts'
import {
  feedBack,
  feedbackDifferences,
  inSlices,
  resolveSystem,
  roundOrders,
  type Slicing,
  slicingOf,
} from '../../sim/experiment/index.ts'
import { type RequestList, requestsIn } from '../../sim/traffic/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { readEngines, type SeenRun, writeEngines } from './kept-engines.ts'
import { type Case, overridesOf, type Session } from './suite.ts'

/**
 * Calibrates and replays the cases of a suite. Each replay is written as soon as it ends, so an
 * interrupted suite continues. Verdicts are given elsewhere.
 */

/** Records of a case. */
export interface Recorded {
  readonly case: Case
  readonly system: System
  readonly requests: RequestList
  readonly runs: readonly SeenRun[]
  /** differences between the decisions of a fresh control plane and the decision log; by replay */
  readonly feedback: readonly (readonly string[])[]
}

export interface Recording {
  /** time of all replays and calibrations, including those of interrupted suites */
  readonly minutes: number
  readonly profile: Profile
  readonly cases: ReadonlyMap<string, Recorded>
}

/** Only the end of its process interrupts it: written files are used again. */
const { signal } = new AbortController()
// every fleet of a session listens
setMaxListeners(0, signal)
/** Opening models and warming them up, s per replay; a rough estimate for progress. */
const AROUND_S = 0.4

export async function recordSuite(
  out: string,
  suite: readonly Session[],
  calibrationSeconds: number,
): Promise<Recording> {
  await mkdir(out, { recursive: true })
  const remaining = new Remaining(join(out, 'spent.json'))
  const prepared = new Map<string, Prepared>()
  for (const { cases, rounds } of suite) {
    for (const suiteCase of cases) {
      const path = join('scenarios', 'library', `${suiteCase.scenario}.yaml`)
      const ready = await prepare(path, { set: overridesOf(suiteCase) })
      prepared.set(suiteCase.name, ready)
      for (let round = 1; round <= rounds; round++) {
        if (!existsSync(rowsPath(out, suiteCase, ready, round))) remaining.add(secondsOf(ready))
      }
    }
  }
  const profilePath = join(out, 'profile.json')
  let profile = existsSync(profilePath) ? await loadProfile(profilePath) : null
  const unknown = [...prepared.values()].filter((candidate) => !isCalibrated(profile, candidate))
  const keys = new Set(unknown.flatMap(({ scenario }) => keysOf(scenario)))
  remaining.add(keys.size * calibrationSeconds)
  const cases = new Map<string, Recorded>()
  for (const session of suite) {
    if (!session.cases.every(({ name }) => isCalibrated(profile, prepared.get(name)!))) {
      // models that are compared alternate during calibration
      const scenarios = session.cases.map(({ scenario }) => scenario)
      const alike = suite
        .flatMap((earlier) => earlier.cases)
        .filter(({ scenario }) => scenarios.includes(scenario))
      const ready = alike.map(({ name }) => prepared.get(name)!)
      profile = await calibrateFor(ready, profile, calibrationSeconds, remaining)
      await writeWhole(profilePath, documentText(profile))
    }
    const context = { prepared, profile: profile! }
    for (const recorded of await recordSession(out, session, context, remaining)) {
      cases.set(recorded.case.name, recorded)
    }
  }
  return { profile: profile!, cases, minutes: await remaining.spent() }
}

const keysOf = (scenario: Prepared['scenario']) =>
  scenario.pools.map((pool) => modelKey(scenario, pool))

function isCalibrated(profile: Profile | null, { scenario }: Prepared): boolean {
  return keysOf(scenario).every((key) => profile?.models.some((model) => model.key === key))
}

const secondsOf = ({ scenario }: Prepared) => scenario.duration_s + AROUND_S

/** The hash in the name distinguishes rows of different scenarios. */
function rowsPath(out: string, suiteCase: Case, { hash }: Prepared, round: number): string {
  const folder = suiteCase.name.replace(/[^\w.]+/g, '-')
  return join(out, 'replays', `${folder}-${hash}`, `${round}.parquet`)
}

async function calibrateFor(
  scenarios: readonly Prepared[],
  earlier: Profile | null,
  seconds: number,
  remaining: Remaining,
): Promise<Profile> {
  const progress = new ProgressDisplay()
  await remaining.print(`calibrating ${scenarios[0]!.scenario.name}`)
  const fresh = await calibrate(scenarios, {
    seconds,
    // times of all cases are compared, and no width is drawn
    occasions: 1,
    rehearsals: 0,
    signal,
    onProgress: progress.update,
  })
  progress.stop()
  remaining.add(-seconds * fresh.models.length)
  return mergeProfiles(fresh, earlier)
}

interface Context {
  readonly prepared: ReadonlyMap<string, Prepared>
  readonly profile: Profile
}

async function recordSession(
  out: string,
  session: Session,
  { prepared, profile }: Context,
  remaining: Remaining,
): Promise<Recorded[]> {
  const systems = new Map<string, System>()
  const requests = new Map<string, RequestList>()
  for (const { name, against } of session.cases) {
    const system = resolveSystem(prepared.get(name)!, profile)
    systems.set(name, system)
    // a changed case comes after the one that it changes
    const { capacityRps } = systems.get(against ?? name)!
    requests.set(name, await requestsOf(system, capacityRps))
  }
  await remaining.print(session.name)
  const slicing = slicingFor(session, systems, requests)
  const sides = session.cases.map((suiteCase) => {
    const { name } = suiteCase
    const list = requests.get(name)!
    const traffic = slicing === null ? list : inSlices(list, slicing)
    return { case: suiteCase, system: systems.get(name)!, traffic }
  })
  const probes = sides.map((side) => (session.cases.some(isChange) ? probesOf(side) : null))
  const rounds = Array.from({ length: session.rounds }, (_, i) => i + 1)
  const pathsOf = (round: number) => {
    return sides.map((side) => rowsPath(out, side.case, side.system, round))
  }
  const left = rounds.filter((round) => !pathsOf(round).every((path) => existsSync(path)))
  const live = new LiveSession({ signal, onProgress: () => {} })
  try {
    const opened = left.length === 0 ? [] : await playersOf(live, sides, slicing)
    const players = opened.map((player, i) => ({ ...player, probes: probes[i] ?? null }))
    for (const round of left) {
      const place = { index: round - 1, of: rounds.length, slicing }
      const orders = roundOrders(sides.length, place, sides[0]!.system.scenario.seed)
      const playing = { name: `round ${round}`, slicing, orders, decisionLog: true }
      const played = await live.round(players, playing)
      const paths = pathsOf(round)
      for (const [i, run] of played.entries()) {
        const { system, traffic } = sides[i]!
        const again = feedBack(system.plan, traffic, run.journal)
        const differences = feedbackDifferences(run.rows, again)
        await writeWhole(`${paths[i]}.feedback.json`, documentText({ differences }))
        await writeEngines(paths[i]!, run)
        await writeRows(paths[i]!, run)
        remaining.add(-secondsOf(system))
      }
      await remaining.print(`${session.name}: round ${round} of ${session.rounds}`)
    }
  } finally {
    await live.close()
  }
  return Promise.all(
    sides.map(async (side) => {
      const paths = rounds.map((round) => rowsPath(out, side.case, side.system, round))
      return recordedCase(side, paths)
    }),
  )
}

/**
 * Sides are opened at once: one that is opened before others differs from them as long as it is
 * open. Between its slices a fleet holds a replay, so that every side has its own. Where whole
 * replays alternate, sides with the same pools and models share one, as replays and rehearsals do.
 */
async function playersOf(
  live: LiveSession,
  sides: readonly ReplaySide[],
  slicing: Slicing | null,
): Promise<Player[]> {
  const keys = sides.map(({ system }, i) => (slicing === null ? poolsHash(system) : String(i)))
  const distinct = [...new Set(keys)]
  const opened = await openSides(
    live,
    distinct.map((key) => sides[keys.indexOf(key)]!),
  )
  return sides.map((side, i) => playerOn(opened[distinct.indexOf(keys[i]!)]!, side))
}

const poolsHash = ({ scenario: { models, pools } }: System) => hashOf({ models, pools })

/** The kept replays of a case. */
async function recordedCase(
  side: { readonly case: Case; readonly system: System; readonly traffic: RequestList },
  paths: readonly string[],
): Promise<Recorded> {
  const { plan } = side.system
  const runs: SeenRun[] = []
  const feedback: string[][] = []
  for (const path of paths) {
    const run = await readRows(path)
    if (requestsIn(run.rows).hash() !== side.traffic.hash()) {
      throw new Error(`${path}: rows of other requests than the suite has now; remove its folder`)
    }
    runs.push(await readEngines(path, run, { plan, requests: side.traffic }))
    feedback.push(JSON.parse(await readText(`${path}.feedback.json`)).differences)
  }
  return { case: side.case, system: side.system, requests: side.traffic, runs, feedback }
}

/** What idle time costs matters where a case is predicted from another one. */
const isChange = ({ against }: Case) => against !== undefined

/** Slices of a session with changes; null where whole replays alternate. */
function slicingFor(
  { name, cases }: Session,
  systems: ReadonlyMap<string, System>,
  requests: ReadonlyMap<string, RequestList>,
): Slicing | null {
  if (!cases.some(isChange)) return null
  const slicing = slicingOf(
    cases.map(({ name: key }) => ({ ...systems.get(key)!, requests: requests.get(key)! })),
  )
  if (!('whole' in slicing)) return slicing
  process.stderr.write(`${name}: whole replays alternate, not slices: ${slicing.whole}\n`)
  return null
}

/** The remaining time, printed after every step; and the time spent, kept in a file. */
class Remaining {
  readonly #path: string
  #seconds = 0
  #since = performance.now()
  #before: number

  constructor(path: string) {
    this.#path = path
    this.#before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).minutes : 0
  }

  add(seconds: number): void {
    this.#seconds += seconds
  }

  async print(step: string): Promise<void> {
    await this.spent()
    const minutes = Math.max(0, this.#seconds / 60)
    process.stderr.write(`${step} (${minutes.toFixed(1)} minutes of replays left)\n`)
  }

  async spent(): Promise<number> {
    const minutes = this.#before + (performance.now() - this.#since) / 60_000
    await writeWhole(this.#path, documentText({ minutes }))
    return minutes
  }
}
