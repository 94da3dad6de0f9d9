import { dirname, join } from 'node:path'
import {
  EXIT,
  type ExitCode,
  Failure,
  type LoadedScenario,
  modelKey,
  type Variant,
  visibleLine,
} from '../../scenarios/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { note, type ScenarioOptions, warn } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { profileText } from '../documents/profile-text.ts'
import { documentText } from '../folders/documents.ts'
import { knownProfile, mergeProfiles } from '../folders/profile-file.ts'
import { localProfilePath } from '../folders/profile-paths.ts'
import { settleFolder } from '../folders/replace-files.ts'
import { writableFolder, writeWhole } from '../folders/write-whole.ts'
import { calibrate, refuseOtherHost } from '../jobs/calibrate.ts'
import { replicaWarnings } from '../jobs/extrapolation.ts'
import { learnFromReplays } from '../jobs/learn-from-replays.ts'
import { type Prepared, prepare } from '../jobs/prepare.ts'
import { profileWarnings } from '../jobs/profile-warnings.ts'
import { print } from './output.ts'

interface CalibrateOptions extends ScenarioOptions {
  readonly seconds?: number
  readonly occasions?: number
  readonly rehearsals: number
  readonly variant?: readonly Variant[]
  readonly from?: readonly [string, ...string[]]
  readonly strict?: true
}

export async function perform(
  signal: AbortSignal,
  loaded: LoadedScenario,
  options: CalibrateOptions,
): Promise<ExitCode> {
  const { file: path } = loaded
  const prepared = await prepare(loaded, { ...options, signal, onNote: note })
  const { seconds, occasions, rehearsals, from, out, strict = false } = options
  const { variant: variants = [] } = options
  const scenarios = [prepared]
  const keysOf = ({ scenario }: Prepared) => scenario.pools.map((pool) => modelKey(scenario, pool))
  const keys = new Set(keysOf(prepared))
  const changed = ({ set }: Variant) =>
    prepare(path, { ...options, set: [...(options.set ?? []), ...set], signal })
  // of the scenario's own variants those with other models: each costs rehearsals
  for (const variant of prepared.variants) {
    const candidate = await changed(variant)
    if (keysOf(candidate).every((key) => keys.has(key))) continue
    for (const key of keysOf(candidate)) keys.add(key)
    scenarios.push(candidate)
  }
  for (const variant of variants) scenarios.push(await changed(variant))
  const file = out === undefined ? localProfilePath() : join(out, 'profile.json')
  await writableFolder(dirname(file))
  await settleFolder(dirname(file))
  const earlier = await knownProfile(file, warn)
  const learnt = from && (await learnFromReplays(prepared, from))
  if (earlier !== null && out !== undefined) refuseOtherHost(file, earlier, learnt?.host)
  const keep = async (fresh: Profile) => {
    const doubts = strict ? profileWarnings(fresh.models) : []
    if (doubts.length > 0) throw new Failure(doubts, EXIT.undecided)
    const profile = mergeProfiles(fresh, earlier)
    await writeWhole(file, documentText(profile))
    return profile
  }
  let kept: { readonly profile: Profile; readonly what: string } | null = null
  const onMeasured = (profile: Profile) => {
    kept = { profile, what: 'the measured models are kept, without rehearsals' }
  }
  const onPart = (profile: Profile) => {
    kept = { profile, what: partText(profile) }
  }
  const times = { ...timesOf(seconds, rehearsals), occasions, onMeasured, onPart }
  const fresh =
    learnt ??
    (await withProgress((onProgress, { warn: onWarning, note: onNote }) =>
      calibrate(scenarios, { ...times, rehearsals, signal, onProgress, onWarning, onNote }),
    ).catch(async (error: unknown) => {
      // strictly, half a calibration is none
      if (kept === null || strict) throw error
      await keep(kept.profile)
      note(`${kept.what}: ${visibleLine(file)}\n`)
      throw error
    }))
  const profile = await keep(fresh)
  const models = profile.models.filter(({ key }) => fresh.models.some((model) => model.key === key))
  for (const { scenario } of scenarios) {
    const measured = scenario.pools.map((pool) => {
      const key = modelKey(scenario, pool)
      return profile.models.find((model) => model.key === key) ?? null
    })
    for (const text of replicaWarnings(scenario.pools, measured)) warn(text)
  }
  print(options, profile, [profileText(profile, models), `\nprofile: ${visibleLine(file)}`])
  return EXIT.ok
}

/** What is kept where an occasion did not end. */
function partText({ models: [first] }: Profile): string {
  const count = first?.widths?.occasions.length ?? 0
  const text = count === 1 ? 'one occasion' : `${count} occasions`
  return `the models are kept as ${text} measured them, without rehearsals`
}

/** The part of the time for a model that it is measured; the rest is for rehearsals. */
const MEASURED_SHARE = 0.6

/** How the seconds for each model are spent; by default on measuring, and rehearsals are whole. */
function timesOf(seconds: number | undefined, rehearsals: number) {
  if (seconds === undefined || rehearsals === 0) return { seconds }
  return {
    seconds: MEASURED_SHARE * seconds,
    rehearsalSeconds: (1 - MEASURED_SHARE) * seconds,
  }
}
