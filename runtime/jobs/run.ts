import { isServed, type LoadedScenario } from '../../scenarios/index.ts'
import type { Comparison, Result } from '../../sim/documents/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { loadProfile } from '../folders/profile-file.ts'
import { calibrate } from './calibrate.ts'
import { noteChangedRates } from './changed-rates.ts'
import { compare } from './compare.ts'
import { REHEARSALS, REPLAYS, REPLICATIONS, RUN_SECONDS } from './defaults.ts'
import { noiseWarnings, shortNoise } from './noise.ts'
import type { DocumentOptions } from './options.ts'
import { type Prepared, resolveSystem } from './prepare.ts'
import { prepareSides, type SidesOptions } from './prepare-sides.ts'
import {
  refuseChangedFiles,
  refuseComparison,
  refuseCompletions,
  refuseLive,
  refuseServers,
} from './refuse.ts'
import { profiledHere, UNSEEN } from './rehearsals.ts'
import { type ReplayedSide, replay } from './replay.ts'
import { simulate, simulateAgainst } from './simulate.ts'

export interface RunOptions extends SidesOptions, DocumentOptions {
  /** a profile or the path of one, in place of a calibration */
  readonly profile?: Profile | string | undefined
  /** calibration time of each model; default 30 */
  readonly seconds?: number | undefined
  /** replays with other seeds, from which the prediction learns the machine; default 3 */
  readonly rehearsals?: number | undefined
  /** how often the same requests are replayed; default 3 */
  readonly replays?: number | undefined
  /** simulations behind each prediction; default 40 */
  readonly replications?: number | undefined
  /** whether the decision log of every replay is kept; default no */
  readonly decisionLog?: boolean | undefined
  /** gets the calibration, and is awaited: it can be kept whatever follows */
  readonly onCalibrated?: ((profile: Profile) => Promise<void>) | undefined
  readonly onWarning?: ((text: string) => void) | undefined
}

/** The documents of a run, and its replays to be kept. */
export interface Ran {
  readonly simulated: Result
  readonly measured: Result
  readonly comparison: Comparison
  /** of the second side of a what-if; null without one */
  readonly against: { readonly simulated: Result; readonly measured: Result } | null
  /** with what its rehearsals show of the machine */
  readonly profile: Profile
  /** as `replay` returns them, for `writeReplays` */
  readonly sides: readonly ReplayedSide[]
}

const ELSEWHERE =
  'the profile is of another machine, so there are no rehearsals; the prediction uses its speeds and overheads'

/**
 * The main job: calibrates a scenario, simulates and replays it, and compares the two, after a
 * short look at the noise of this machine. Throws `Failure`, before anything is measured where the
 * scenario cannot run live or cannot be compared.
 */
export async function run(source: string | LoadedScenario, options: RunOptions = {}): Promise<Ran> {
  const { rehearsals = REHEARSALS, replays = REPLAYS, replications = REPLICATIONS.band } = options
  const { onProgress = () => {}, onWarning = () => {}, decisionLog, command } = options
  const { signal = new AbortController().signal } = options
  const job = { signal, onProgress }
  const prepared = await prepareSides(source, options)
  refuseLive(prepared)
  refuseCompletions(prepared)
  refuseComparison(prepared)
  refuseChangedFiles(prepared)
  if (prepared.length > 1) refuseServers(prepared, 'a what-if')
  const noise = await shortNoise(prepared[0].scenario, { ...job, onWarning })
  const profile = await profileOf(prepared, { ...options, ...job, onWarning })
  const [system, ...changed] = prepared.map((side) => resolveSystem(side, profile))
  await noteChangedRates(system!.file, system!, options)
  const expected = await simulate(system!, { ...job, replications: 1 })
  for (const text of noiseWarnings(noise, system!.scenario, expected)) onWarning(text)
  const here = profiledHere(system!)
  const served = prepared.some(({ scenario }) => scenario.pools.some(isServed))
  if (rehearsals > 0 && (served || !here)) onWarning(served ? UNSEEN : ELSEWHERE)
  const { onNote } = options
  const live = {
    ...job,
    onNote,
    replays,
    rehearsals: here && !served ? rehearsals : 0,
    decisionLog,
  }
  const sides = await replay([system!, ...changed], live)
  const [first, second = null] = sides
  const learnt = first!.system
  const simulated = await simulate(learnt, { ...job, replications, onWarning })
  const against = second && {
    simulated: await simulateAgainst(learnt, second.system, { ...job, replications }),
    measured: second.result,
  }
  const comparison = await compare(first!, second, { ...job, replications, command })
  const measured = first!.result
  return { simulated, measured, comparison, against, profile: learnt.profile ?? profile, sides }
}

/** The stated profile, or one that is calibrated. */
async function profileOf(prepared: readonly Prepared[], options: RunOptions): Promise<Profile> {
  const { profile, seconds = RUN_SECONDS, signal, onProgress, onWarning } = options
  if (typeof profile === 'string') return loadProfile(profile)
  if (profile !== undefined) return profile
  const measuring = {
    seconds,
    rehearsals: 0,
    signal,
    onProgress,
    onWarning,
    onNote: options.onNote,
  }
  const calibrated = await calibrate(prepared, measuring)
  await options.onCalibrated?.(calibrated)
  return calibrated
}
