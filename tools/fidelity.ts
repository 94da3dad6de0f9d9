import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { calibrate } from '../runtime/commands/calibrate.ts'
import { compare } from '../runtime/commands/compare.ts'
import { documentText, writeWhole } from '../runtime/commands/output.ts'
import { ProgressDisplay } from '../runtime/commands/progress.ts'
import { keepReplays, replay } from '../runtime/commands/replay.ts'
import { hostFingerprint } from '../runtime/host.ts'
import { prepare } from '../runtime/prepare.ts'
import { mergeProfiles, profileHash } from '../runtime/profile-file.ts'
import { commit, version } from '../runtime/version.ts'
import { modelKey } from '../scenarios/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { type FidelityRow, fidelityPage } from './fidelity-page.ts'

/**
 * Replays the shipped scenarios on this machine and writes how close the simulator comes:
 * `npm run fidelity [-- SCENARIO …]`. Each model is calibrated once, before its first replay. The
 * Azure trace is the user's download: SPILLWAY_AZURE_CODE names it.
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

let profile: Profile | null = null
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
    profile = mergeProfiles(
      await calibrate(prepared, { seconds: SECONDS, signal, progress }),
      profile,
    )
  }
  const loaded = { profile: profile!, hash: profileHash(profile!) }
  const options = { replays: REPLAYS, journal: false, signal, progress }
  const { requests, replays } = await replay(prepared, loaded, options)
  const comparison = await compare(prepared, loaded, {
    requests,
    runs: replays.runs,
    replications: REPLICATIONS,
    command: `npm run fidelity -- ${name}`,
    signal,
    progress,
  })
  progress.stop()
  await writeWhole(join(out, name, 'comparison.json'), documentText(comparison))
  await keepReplays(join(out, name), prepared, requests, replays)
  rows.push({ comparison, warnings: replays.warnings })
  process.stderr.write(`${comparison.checks.structure.verdict} structure\n`)
}
await writeWhole(join(out, 'profile.json'), documentText(profile))
const page = fidelityPage(rows, { host: hostFingerprint(), version: version(), commit: commit() })
process.stdout.write(page)
if (chosen.length === 0) await writeWhole('docs/background/fidelity.md', page)
