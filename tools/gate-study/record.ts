import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { documentText } from '../../runtime/folders/documents.ts'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { calibrate } from '../../runtime/jobs/calibrate.ts'
import { DERIVED } from '../../runtime/jobs/gate/derived.ts'
import { measuredGate, openGate } from '../../runtime/jobs/gate/measured-gate.ts'
import { predictionGate } from '../../runtime/jobs/gate/prediction-gate.ts'
import type { JobOptions } from '../../runtime/jobs/options.ts'
import { type Prepared, prepare } from '../../runtime/jobs/prepare.ts'
import { hostFingerprint } from '../../runtime/live/host.ts'
import type { Gate, Host } from '../../sim/documents/index.ts'
import { type MeasuredBlock, ratiosOfBlocks } from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import type { Profile } from '../../sim/world/index.ts'

export const SCENARIO = 'tools/gate-study/gate-study.yaml'
/** A real slowdown of the executor: one more layer of twenty. */
export const SLOWER = 'models.encoder.layers=21'
/** A gate of the study ends within this time, minutes. */
export const GATE_MINUTES = 3
/** Half of the slowdown that has to be found. */
export const MARGIN = 0.025
const WINDOW = 'pools.central.batching.max_delay_ms'
/** Scenarios with their batch windows, ms. */
export const WINDOWED = [
  { scenario: 'payment-peak', before: 5 },
  { scenario: 'first', before: 2 },
  { scenario: 'yardstick-light', before: 1 },
  { scenario: 'yardstick', before: 1 },
] as const

export type Kind = 'aa' | 'slower'

/** Percentiles of a long run of both sides in turn. */
export interface LongRun {
  readonly blocks: number
  readonly minutes: number
  readonly percentiles: readonly {
    readonly p: number
    readonly ratio: number
    readonly low: number | null
    readonly high: number | null
  }[]
}

export interface Doubled {
  readonly scenario: string
  readonly seeds: number
  readonly found: number
  /** the seed with the smallest change: of the percentile that changes most */
  readonly least: number
}

export type Gates = Readonly<Record<Kind, readonly Gate[]>>

export interface Recorded {
  readonly host: Host
  readonly gates: Gates
  readonly truth: LongRun
  readonly doubled: readonly Doubled[]
}

/** Live gates that are to be recorded. */
export interface GatePlan {
  /** where what was recorded is kept, and is used again */
  readonly folder: string
  /** live gates of each kind */
  readonly gates: number
  /** of calibration for each model */
  readonly seconds: number
}

export interface Plan extends GatePlan {
  /** rounds of five blocks of the long run */
  readonly rounds: number
  /** share of the time that the base of the long run is in batches; by default that of gates */
  readonly load?: number
  /** the doubled batch windows of these are to be found, with each of so many seeds */
  readonly windowed: readonly (typeof WINDOWED)[number][]
  readonly seeds: number
}

/** The override of a batch window, ms. */
export const windowOf = (ms: number) => `${WINDOW}=${ms}`

/** What ends a study early, with all that it has recorded. */
export class OutOfTime extends Error {}

/** When a study ends, on the clock of `performance.now`; default: when it is complete. */
export interface StudyJob extends JobOptions {
  readonly endsAt?: number
}

/** Of all doubled windows, and of a round of the long run, about. */
const DOUBLED_MINUTES = 10
const ROUND_MINUTES = 0.5

/** Throws `OutOfTime` where what takes so long would end too late. */
function expectTime({ endsAt = Number.POSITIVE_INFINITY }: StudyJob, minutes: number): void {
  if (performance.now() + 60_000 * minutes > endsAt) throw new OutOfTime()
}

/** Records what a plan lacks, or reads what an earlier run has recorded. */
export async function record(plan: Plan, job: StudyJob): Promise<Recorded> {
  const { folder, rounds, windowed } = plan
  const host = await kept(join(folder, 'host.json'), async () => hostFingerprint())
  const { gates, live } = await recordGates(plan, job)
  const truth = await kept(join(folder, 'long-run.json'), () => {
    expectTime(job, rounds * ROUND_MINUTES)
    return longRun(plan, live)
  })
  const doubled = await kept(join(folder, 'doubled-window.json'), () => {
    expectTime(job, windowed.length === WINDOWED.length ? DOUBLED_MINUTES : 0)
    return doubledWindows(plan, job)
  })
  return { host, gates, truth, doubled }
}

/** The live gates of a plan: those that it lacks are recorded. */
export async function recordGates(
  { folder, gates, seconds }: GatePlan,
  job: StudyJob,
): Promise<{ readonly gates: Gates; readonly live: Live }> {
  const [same, slower] = [
    await prepare(SCENARIO, {}),
    await prepare(SCENARIO, { set: [SLOWER] }),
  ] as const
  const profile = await kept(join(folder, 'profile.json'), () => {
    expectTime(job, (2 * seconds) / 60)
    return calibrate([same, slower], { ...job, seconds, occasions: 1, rehearsals: 0 })
  })
  const live = { same, slower, profile, job }
  const recorded: Record<Kind, Gate[]> = { aa: [], slower: [] }
  for (let i = 0; i < gates; i++) {
    // in turn, so that a machine that drifts affects both kinds alike
    for (const kind of ['aa', 'slower'] as const) {
      recorded[kind].push(
        await kept(join(folder, `${kind}-${i + 1}.json`), () => {
          expectTime(job, GATE_MINUTES)
          return gate(kind, i, live)
        }),
      )
    }
  }
  return { gates: recorded, live }
}

/** Live gates of each kind that a folder has already. */
export function gatesIn(folder: string): Gates {
  const of = (kind: Kind) => {
    const gates: Gate[] = []
    for (let i = 1; existsSync(join(folder, `${kind}-${i}.json`)); i++) {
      gates.push(JSON.parse(readFileSync(join(folder, `${kind}-${i}.json`), 'utf8')) as Gate)
    }
    return gates
  }
  return { aa: of('aa'), slower: of('slower') }
}

/** A file of JSON, written once. */
async function kept<T>(path: string, make: () => Promise<T>): Promise<T> {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T
  const made = await make()
  await writeWhole(path, documentText(made))
  return made
}

interface Live {
  readonly same: Prepared
  readonly slower: Prepared
  readonly profile: Profile
  readonly job: JobOptions
}

const gate = (kind: Kind, index: number, { same, slower, profile, job }: Live) => {
  // each gate has its own requests and order of blocks
  const seeded = ({ scenario, ...rest }: Prepared): Prepared => {
    return { ...rest, scenario: { ...scenario, seed: 100 + index } }
  }
  const head = kind === 'aa' ? same : slower
  const options = {
    ...job,
    ...{ margin: MARGIN, maxMinutes: GATE_MINUTES, profile, command: `npm run gate-study` },
  }
  return measuredGate(seeded(same), seeded(head), options)
}

/** The true change of the percentiles: as measured, in far more blocks than a gate has. */
async function longRun({ rounds: count, load }: Plan, live: Live): Promise<LongRun> {
  const { same, slower, profile, job } = live
  const began = performance.now()
  const options = { ...job, profile, ...(load !== undefined && { load }) }
  const { rounds } = await openGate(same, slower, options, { most: 2 * count })
  try {
    const blocks: MeasuredBlock[] = []
    for (let i = 0; i < count; i++) {
      const round = await rounds.next((turn, turns) =>
        job.onProgress?.('long run of base and head', i + turn / turns, count),
      )
      if (round === null) break
      blocks.push(...round.blocks)
    }
    const random = stream(1, 0, 'long run')
    // none where no round counts, on a machine that is too busy
    const { ratios } = ratiosOfBlocks(blocks, DERIVED, () => random.uniform())
    const percentiles = ratios.map(({ p, ratio, low, high }) => ({ p, ratio, low, high }))
    return { blocks: blocks.length, minutes: (performance.now() - began) / 60_000, percentiles }
  } finally {
    await rounds.close()
  }
}

async function doubledWindows({ windowed, seeds }: Plan, job: JobOptions): Promise<Doubled[]> {
  const doubled: Doubled[] = []
  for (const { scenario, before } of windowed) {
    const changes: number[] = []
    let failed = 0
    for (let seed = 1; seed <= seeds; seed++) {
      job.onProgress?.(`doubled window of ${scenario}`, seed, seeds)
      const base = { kind: 'scenario', path: null, set: [windowOf(before)] } as const
      const { verdict, cases } = await predictionGate([scenario], base, {
        signal: job.signal,
        seed,
        set: [windowOf(2 * before)],
      })
      if (verdict === 'FAIL') failed++
      const ratios = cases[0]!.metrics.flatMap(({ name, ratio }) =>
        /^p\d/.test(name) ? (ratio ?? []) : [],
      )
      changes.push(Math.max(...ratios) - 1)
    }
    doubled.push({ scenario, seeds, found: failed, least: Math.min(...changes) })
  }
  return doubled
}
