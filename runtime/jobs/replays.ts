import { notCountedTexts } from '../../sim/documents/index.ts'
import {
  type ExecutorWork,
  judgedTails,
  notCounted,
  type ObservedRun,
  type Slicing,
  undetectedSpans,
} from '../../sim/experiment/index.ts'
import { executorsOf } from '../../sim/serving/index.ts'
import {
  EjectionRecorder,
  ExecutorRecorder,
  playBack,
  Recorder,
  type Rows,
  type RunSummary,
  summariseRun,
  UndetectedFailures,
} from '../../sim/stats/index.ts'
import { type RequestList, surgeWindows } from '../../sim/traffic/index.ts'
import type { Replayed } from '../live/fleet.ts'
import { shortageText } from '../live/shortages.ts'
import { executionProviders } from '../models/index.ts'
import { playRound } from './play-round.ts'
import type { System } from './prepare.ts'
import { type FleetOptions, openFleet, type ReplaySide, type WarmFleet } from './warm-fleet.ts'

export interface Replays {
  readonly runs: readonly Replayed[]
  readonly warnings: readonly string[]
  readonly valid: boolean
  /** garbage collections in the executors' threads; null where these go on */
  readonly gc: { readonly count: number; readonly ms: number } | null
}

export interface ReplayOptions extends FleetOptions {
  readonly replays: number
  /** of the first side, in the order in which they are played */
  readonly rehearsals: readonly ReplaySide[]
  /** null: whole replays alternate */
  readonly slicing: Slicing | null
  readonly decisionLog: boolean
}

/**
 * Opens the models of every side and replays their requests, round after round, with rehearsals
 * between. Several sides alternate in slices, or else in whole replays, in an order that depends
 * on the seed of the first.
 */
export async function replaySides(
  sides: readonly ReplaySide[],
  options: ReplayOptions,
): Promise<{ readonly sides: Replays[]; readonly rehearsed: Replayed[] }> {
  const { rehearsals, replays, onProgress } = options
  const fleets: WarmFleet[] = []
  const runs: Replayed[][] = sides.map(() => [])
  const rehearsed: Replayed[] = []
  try {
    for (const side of sides) fleets.push(await openFleet(side, options))
    const players = sides.map((side, i) => ({ ...side, fleet: fleets[i]!.fleet }))
    const rehearse = async (until: number) => {
      while (rehearsed.length < until) {
        const { system, traffic } = rehearsals[rehearsed.length]!
        const phase = `rehearsal ${rehearsed.length + 1} of ${rehearsals.length}`
        const show = (done: number, of: number) => onProgress(phase, done, of)
        rehearsed.push(await fleets[0]!.fleet.replay(system.plan, traffic, { onProgress: show }))
      }
    }
    for (let round = 0; round < replays; round++) {
      const share = Math.ceil((rehearsals.length * (round + 1)) / replays)
      // before even rounds and after odd ones: then drift affects both alike
      if (round % 2 === 0) await rehearse(share)
      const played = await playRound(players, round, options)
      for (const [i, run] of played.entries()) runs[i]!.push(run)
      if (round % 2 === 1) await rehearse(share)
    }
  } finally {
    const { fleets: kept } = options
    await Promise.all(fleets.map(({ fleet }) => kept?.release(fleet) ?? fleet.close()))
  }
  return {
    sides: sides.map(({ system }, i) => replaysOf(system, runs[i]!, fleets[i]!)),
    rehearsed,
  }
}

function replaysOf(system: System, runs: Replays['runs'], { fleet, warnings }: WarmFleet): Replays {
  const poor = notCounted(runs).map(({ replay, ...why }) => ({ number: replay, ...why }))
  const invalid = notCountedTexts('replay', poor)
  const fellBack = system.scenario.pools.flatMap(({ name, execution_provider: provider }, i) =>
    fleet.opened.fellBack[i] ? [`pool ${name}: some nodes ran on cpu, not ${provider}`] : [],
  )
  const executors = executorsOf(system.plan)
  const short = system.scenario.pools.flatMap(({ name }, i) => {
    const own = runs.flatMap(({ shortages }) =>
      shortages.filter(({ executor }) => executors[executor]!.pool === i),
    )
    return shortageText(name, own) ?? []
  })
  const local = system.scenario.pools.every(
    ({ execution_provider: on }) => executionProviders[on].onHost,
  )
  const crowded =
    fleet.opened.pinned || !local
      ? []
      : ['dispatcher and executors were not pinned to separate cores']
  return {
    runs,
    warnings: [...invalid, ...warnings, ...short, ...fellBack, ...crowded],
    valid: invalid.length === 0,
    gc: fleet.gc,
  }
}

/** Summaries of replays by the recorder that also summarises simulations. */
export function summariseReplays(
  system: System,
  runs: readonly ObservedRun[],
  requests: RequestList,
  work: readonly ExecutorWork[],
): RunSummary[] {
  const { scenario, plan } = system
  const expected = (batch: { executor: number; size: number; length: number }) =>
    work[batch.executor]!.work(batch.size, batch.length)
  const hash = requests.hash()
  const judged = judgedTails(scenario)
  const surges = surgeWindows(scenario)
  return runs.map(({ rows, changes = [], ejections = [] }) =>
    summariseRun(
      playBack(
        rows,
        (table) => new Recorder({ scenario, plan, requests: table, surges, expected }),
      ),
      {
        requests: hash,
        warmupMs: scenario.warmup_s * 1000,
        durationMs: scenario.duration_s * 1000,
        judged,
        ...(scenario.failures && { availability: availabilityOf(system, { rows, changes }) }),
        undetected: undetectedIn(system, rows),
        ejections: ejectionsOf(system, { rows, ejections }),
      },
    ),
  )
}

function availabilityOf(
  { scenario, plan }: System,
  { rows, changes }: Required<Pick<ObservedRun, 'rows' | 'changes'>>,
) {
  const durationMs = 1000 * scenario.duration_s
  const recorder = new ExecutorRecorder({
    poolOf: executorsOf(plan).map(({ pool }) => pool),
    warmupMs: 1000 * scenario.warmup_s,
    durationMs,
  })
  for (const { at, executor, state } of changes) recorder.executor(at, executor, state)
  return recorder.summaries(endOf(rows, durationMs))
}

/** What failed on replicas that had been killed; undefined where each loss is found at once. */
function undetectedIn({ scenario, plan }: System, rows: Rows): readonly number[] | undefined {
  const spans = undetectedSpans(scenario, plan, 0)
  if (spans === null) return undefined
  const poolOf = executorsOf(plan).map(({ pool }) => pool)
  const options = { poolOf, warmupMs: 1000 * scenario.warmup_s, spans }
  return playBack(rows, () => new UndetectedFailures(options)).counts
}

/** Null where no pool ejects replicas. */
function ejectionsOf(
  { scenario, plan }: System,
  { rows, ejections }: Required<Pick<ObservedRun, 'rows' | 'ejections'>>,
) {
  if (plan.pools.every(({ ejection }) => ejection === undefined)) return null
  const recorder = new EjectionRecorder({
    poolOf: executorsOf(plan).map(({ pool }) => pool),
    warmupMs: 1000 * scenario.warmup_s,
  })
  for (const { at, ...change } of ejections) recorder.ejected(at, change)
  return recorder.summaries(endOf(rows, 1000 * scenario.duration_s))
}

function endOf(rows: Rows, durationMs: number): number {
  const ends = rows.columns.done.filter((done) => !Number.isNaN(done))
  return ends.reduce((last, done) => Math.max(last, done), durationMs)
}
