import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { calibrate } from '../runtime/commands/calibrate.ts'
import { compare, readReplays } from '../runtime/commands/compare.ts'
import { documentText, writeWhole } from '../runtime/commands/output.ts'
import { ProgressDisplay } from '../runtime/commands/progress.ts'
import { keepReplays, replay } from '../runtime/commands/replay.ts'
import { hostFingerprint } from '../runtime/host.ts'
import { prepare, readText, requestsOf } from '../runtime/prepare.ts'
import { loadProfile, mergeProfiles, profileHash } from '../runtime/profile-file.ts'
import { commit, version } from '../runtime/version.ts'
import { modelKey } from '../scenarios/index.ts'
import { resultSchema } from '../sim/stats/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { type FidelityRow, fidelityPage } from './fidelity-page.ts'

/**
 * Replays the shipped scenarios on this machine and writes how close the simulator comes:
 * `npm run fidelity [-- SCENARIO …]`. Each model is calibrated once, before its first replay. The
 * Azure trace is the user's download: SPILLWAY_AZURE_CODE names it. What was calibrated and
 * replayed is kept in runs/fidelity and used again, so that an interrupted suite goes on where it
 * was; remove that folder to measure anew.
 */

const LIBRARY = 'scenarios/library'
const SUITE = [
  'yardstick-light',
  'yardstick',
  'yardstick-busy',
  'yardstick-heavy',
  'azure-code',
  'payment-peak',
  'ocr',
] as const
const REPLAYS = 3
const REPLICATIONS = 40
const SECONDS = 45

const out = join('runs', 'fidelity')
const chosen = process.argv.slice(2)
const suite = chosen.length > 0 ? chosen : SUITE
const trace = process.env.SPILLWAY_AZURE_CODE
const { signal } = new AbortController()
const progress = new ProgressDisplay()
await mkdir(out, { recursive: true })

const profilePath = join(out, 'profile.json')
let profile: Profile | null = existsSync(profilePath)
  ? (await loadProfile(profilePath)).profile
  : null
const rows: FidelityRow[] = []
for (const name of suite) {
  const path = join(LIBRARY, `${name}.yaml`)
  process.stderr.write(`\n${name}\n`)
  if (name === 'azure-code' && trace === undefined) {
    process.stderr.write('left out: set SPILLWAY_AZURE_CODE to AzureLLMInferenceTrace_code.csv\n')
    continue
  }
  const set = name === 'azure-code' ? [`traffic.code.arrivals.file=${resolve(trace!)}`] : []
  const prepared = await prepare(path, { set })
  const keys = prepared.scenario.pools.map((pool) => modelKey(prepared.scenario, pool))
  if (!keys.every((key) => profile?.models.some((model) => model.key === key))) {
    const fresh = await calibrate(prepared, { seconds: SECONDS, signal, progress })
    profile = mergeProfiles(fresh, profile)
    await writeWhole(profilePath, documentText(profile))
  }
  const loaded = { profile: profile!, hash: profileHash(profile!) }
  const directory = join(out, name)
  if (!(await isDone(directory, prepared.hash))) {
    const options = { replays: REPLAYS, journal: false, signal, progress }
    const { requests, replays, result } = await replay(prepared, loaded, options)
    await keepReplays(directory, prepared, requests, replays)
    await writeWhole(join(directory, 'measured.json'), documentText(result))
  }
  const measured = resultSchema.parse(JSON.parse(await readText(join(directory, 'measured.json'))))
  const requests = await requestsOf(prepared, null, join(directory, 'requests.jsonl'))
  const comparison = await compare(prepared, loaded, {
    requests,
    runs: await readReplays(directory, REPLAYS),
    replications: REPLICATIONS,
    command: `npm run fidelity -- ${name}`,
    signal,
    progress,
  })
  progress.stop()
  await writeWhole(join(directory, 'comparison.json'), documentText(comparison))
  rows.push({ comparison, warnings: measured.warnings })
  process.stderr.write(`${comparison.checks.structure.verdict} structure\n`)
}
const page = fidelityPage(rows, { host: hostFingerprint(), version: version(), commit: commit() })
process.stdout.write(page)
if (chosen.length === 0) await writeWhole('docs/background/fidelity.md', page)

/** Whether a directory holds replays of this very scenario. */
async function isDone(directory: string, hash: string): Promise<boolean> {
  const path = join(directory, 'measured.json')
  if (!existsSync(path)) return false
  const measured = resultSchema.safeParse(JSON.parse(await readText(path)))
  return measured.success && measured.data.scenario.hash === hash && measured.data.runs === REPLAYS
}
