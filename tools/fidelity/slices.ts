import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ProgressDisplay } from '../../runtime/commands/progress.ts'
import { documentText, readText } from '../../runtime/folders/documents.ts'
import { loadProfile } from '../../runtime/folders/profile-file.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { calibrate } from '../../runtime/jobs/calibrate.ts'
import { openSides, playerOn } from '../../runtime/jobs/live-side.ts'
import { prepare, type System } from '../../runtime/jobs/prepare.ts'
import { requestsOf } from '../../runtime/jobs/requests.ts'
import { LiveSession, type OpenSide } from '../../runtime/live/live-session.ts'
import {
  type Block,
  blocksOf,
  controlOf,
  inSlices,
  ratiosOfBlocks,
  resolveSystem,
  roundOrders,
  type Slicing,
  slicingOf,
} from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { markdownTable } from '../markdown-table.ts'
import { type Case, overridesOf, type Pair } from './suite.ts'

/**
 * How much the ratio of two sides scatters by the length of slices, for the same time: what the
 * slices of what-ifs, variants and the suite are to be is decided by it. Rounds of all lengths are
 * played in turn, so a machine that drifts affects all alike. What is recorded is used again.
 */

interface SlicePlan {
  readonly folder: string
  readonly pairs: readonly Pair[]
  /** lengths of slices, ms */
  readonly lengths: readonly number[]
  readonly rounds: number
  /** of calibration for each model, where the folder has no profile */
  readonly calibrationSeconds: number
}

/** Of slices of 1 s: shorter ones have as many fewer, so that their queues settle as much less. */
const BATCHES_A_SECOND = 8
const PERCENTILES = [0.5, 0.95]

/** What is kept of a block: latencies of both sides, ms. */
interface KeptBlock {
  readonly a: readonly number[]
  readonly b: readonly number[]
  readonly control: number | null
}

/** Blocks of a pair in slices of one length. */
interface PlayedLength {
  readonly name: string
  readonly ms: number
  readonly blocks: readonly Block[]
}

/** Records what a plan lacks, and returns its table. */
export async function sliceStudy(plan: SlicePlan): Promise<string> {
  const progress = new ProgressDisplay()
  const { signal } = new AbortController()
  const session = new LiveSession({ signal, onProgress: progress.update })
  const played: PlayedLength[] = []
  try {
    const profile = await profileOf(plan, progress)
    for (const pair of plan.pairs) {
      const sides = await sidesOf(pair, profile)
      let opened: readonly OpenSide[] | null = null
      const blocks = plan.lengths.map((): Block[] => [])
      for (let round = 0; round < plan.rounds; round++) {
        for (const [i, ms] of plan.lengths.entries()) {
          const path = join(plan.folder, `${fileOf(pair)}-${ms}-${round + 1}.json`)
          if (!existsSync(path)) {
            opened ??= await openSides(session, sides)
            const fresh = await playedBlocks(session, opened, sides, { ms, round, of: plan.rounds })
            await writeWhole(path, documentText(fresh))
          }
          blocks[i]!.push(...blocksIn(JSON.parse(await readText(path)), ms))
        }
      }
      for (const [i, ms] of plan.lengths.entries()) {
        played.push({ name: pair.name, ms, blocks: blocks[i]! })
      }
    }
  } finally {
    await session.close()
    progress.stop()
  }
  return sliceTable(played)
}

const fileOf = ({ name }: Pair) => name.replace(/[^\w.]+/g, '-')

/** A change comes after the case that it changes, of whose capacity its load is a share. */
async function sidesOf({ cases }: Pair, profile: Profile): Promise<Side[]> {
  const systems: System[] = []
  for (const suiteCase of cases) {
    systems.push(resolveSystem(await prepare(pathOf(suiteCase), setOf(suiteCase)), profile))
  }
  const { capacityRps } = systems[0]!
  const sides: Side[] = []
  for (const system of systems) {
    sides.push({ system, traffic: await requestsOf(system, capacityRps) })
  }
  return sides
}

interface Side {
  readonly system: System
  readonly traffic: RequestList
}

const pathOf = ({ scenario }: Case) => join('scenarios', 'library', `${scenario}.yaml`)
const setOf = (suiteCase: Case) => ({ set: overridesOf(suiteCase) })

async function profileOf(
  { folder, pairs, calibrationSeconds: seconds }: SlicePlan,
  progress: ProgressDisplay,
): Promise<Profile> {
  const path = join(folder, 'profile.json')
  if (existsSync(path)) return loadProfile(path)
  const prepared = []
  for (const suiteCase of pairs.flatMap(({ cases }) => cases)) {
    prepared.push(await prepare(pathOf(suiteCase), setOf(suiteCase)))
  }
  const options = { seconds, occasions: 1, rehearsals: 0, onProgress: progress.update }
  const profile = await calibrate(prepared, options)
  await writeWhole(path, documentText(profile))
  return profile
}

async function playedBlocks(
  session: LiveSession,
  opened: readonly OpenSide[],
  sides: readonly Side[],
  { ms, round, of }: { readonly ms: number; readonly round: number; readonly of: number },
): Promise<KeptBlock[]> {
  const slicing = slicingFor(sides, ms)
  const players = sides.map(({ system, traffic }, i) =>
    playerOn(opened[i]!, { system, traffic: inSlices(traffic, slicing) }),
  )
  const { seed } = sides[0]!.system.scenario
  const runs = await session.round(players, {
    name: `slices of ${ms} ms, round ${round + 1} of ${of}`,
    slicing,
    orders: roundOrders(sides.length, { index: round, of, slicing }, seed),
    decisionLog: false,
  })
  const [a, b] = runs.map((run, i) => {
    return { run, warmupMs: 1000 * sides[i]!.system.scenario.warmup_s }
  })
  return blocksOf(a!, b!).map((block) => {
    return { a: [...block.a], b: [...block.b], control: block.control }
  })
}

function slicingFor(sides: readonly Side[], ms: number): Slicing {
  const slicing = slicingOf(
    sides.map(({ system, traffic }) => ({ ...system, requests: traffic })),
    { shortestMs: ms, batches: (BATCHES_A_SECOND * ms) / 1000 },
  )
  if ('whole' in slicing) throw new Error(`Expected slices of ${ms} ms: ${slicing.whole}`)
  return slicing
}

const blocksIn = (kept: readonly KeptBlock[], ms: number): Block[] =>
  kept.map(({ a, b, control }) => {
    return { a: Float64Array.from(a), b: Float64Array.from(b), control, sliceMs: ms }
  })

/** Ratios by length of slices, and how wide their intervals are for the same time. */
export function sliceTable(played: readonly PlayedLength[]): string {
  const columns = ['pair', 'slices', 'blocks', 'percentile', 'B/A', 'half-width', 'control']
  const rows = played.flatMap(({ name, ms, blocks }) => {
    const random = stream(1, 0, 'blocks')
    const { ratios } = ratiosOfBlocks(blocks, PERCENTILES, () => random.uniform())
    const control = controlOf(blocks)
    return ratios.map(({ p, ratio, low, high }) => [
      ...[name, `${ms} ms`, `${blocks.length}`, percentileLabel(p), ratio.toFixed(4)],
      low === null || high === null ? '–' : percentText(Math.log(high / low) / 2),
      control === null ? '–' : percentText(control - 1),
    ])
  })
  return `${markdownTable(columns, rows, 'lrrlrrr')}\n`
}

const percentText = (share: number) => `${(100 * share).toFixed(2)} %`
