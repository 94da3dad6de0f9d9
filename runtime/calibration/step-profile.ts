import { median } from 'simple-statistics'
import { overheadsOf, type Recording, recordedFields } from '../../sim/experiment/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import { type EngineRun, Rows } from '../../sim/stats/index.ts'
import {
  type MeasuredSteps,
  MOST_FACTOR,
  type ModelProfile,
  measuredLaw,
  type ProfileWidths,
  type StepAmounts,
  timeOf,
  wakeCost,
} from '../../sim/world/index.ts'
import { type MeasuredRound, type PlacedStep, timedSteps } from './calibrate-steps.ts'
import { inRegion, regionsOf, short } from './measured-widths.ts'
import { fitSteps, type HeldOutSteps, medians, type StepFit, type TimedStep } from './step-fit.ts'
import { type PlannedSteps, type StepLimits, stepLevels } from './step-plan.ts'
import { fitWake, type GapSample } from './wake-fit.ts'
import type { WorkFit } from './work-fit.ts'

type ExecutorWork = Recording['work'][number]

/** What a profile has of a model that generates. */
type StepProfile = Pick<
  ModelProfile,
  'work' | 'steps' | 'variation' | 'wake' | 'overheads' | 'fields' | 'widths'
>

/** Recordings of a calibration at least, as those of a model with batches are of so many loads. */
const RECORDINGS = 4
/** Time of a step that is too short to be measured, ms. */
const LEAST_MS = 1e-6
/** Between two rounds of a recording, ms. */
const PAUSE_MS = 1

/**
 * The profile of the rounds of some occasions, of each at least one. `calibration`: when they were
 * measured, UTC; `runs`: how the executor computes the sequences of a step. Rounds have no requests
 * and no timers, so that these have no delay in it.
 */
export function stepProfile(
  occasions: readonly (readonly MeasuredRound[])[],
  limits: StepLimits,
  { calibration, runs }: { readonly calibration: string; readonly runs: MeasuredSteps['runs'] },
): StepProfile {
  const rounds = occasions.flat()
  const timed = rounds.flatMap(timedSteps)
  const startsOf = (law: MeasuredSteps) =>
    fitWake(rounds.flatMap((round) => startSamples(round, law)))
  // the law is that of steps that follow others, and the start of a run is not in it
  const fit = fitSteps(following(timed, startsOf(fitSteps(timed, runs).steps)), runs)
  const work = workOf(fit, rounds, limits)
  const { steps } = fit
  const wake = startsOf(steps)
  const executor = { work: () => 0, wake, steps: measuredLaw(steps) }
  const recorded = occasions
    .flatMap((own) => partsOf(own, Math.ceil(RECORDINGS / occasions.length)))
    .map((own) => recordingOf(own, executor))
  return {
    work,
    steps: {
      ...steps,
      rows: [...steps.rows],
      ms: [...steps.ms],
      levels: stepLevels(limits),
      heldOut: fit.heldOut.map(heldOutOf),
    },
    wake,
    overheads: overheadsOf(recorded) as ModelProfile['overheads'],
    ...recordedFields(recorded),
    widths: widthsOf(occasions, work, { law: steps, wake }, calibration),
  }
}

/** A step is never thought to be shorter than this share of its time. */
const LEAST_SHARE = 0.5

/** Steps as if each followed another one. */
const following = (steps: readonly PlacedStep[], wake: ModelProfile['wake']): TimedStep[] =>
  steps.map((step) => {
    if (step.gap === null) return step
    return { ...step, ms: Math.max(LEAST_SHARE * step.ms, step.ms - wakeCost(wake, step.gap)) }
  })

function heldOutOf({ by, from, to, errors }: HeldOutSteps) {
  const worst = errors.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
  return { by, from, to, median: short(median(errors.map(Math.abs))), worst: short(worst) }
}

/** Runs of a round as a dispatcher has them, `shift` ms later. */
const runsOf = ({ planned, rows }: MeasuredRound, shift: Ms = 0): EngineRun[] =>
  rows.map(({ dispatched, started, ends, done }, i) => ({
    executor: 0,
    sent: dispatched + shift,
    began: started + shift,
    stepEnds: ends.slice(0, -1).map((end) => end + shift),
    ended: ends.at(-1)! + shift,
    done: done + shift,
    batch: batchOf(planned[i]!),
  }))

/** What the first step of a run computes; contexts are those before it. */
function batchOf({ steps }: PlannedSteps): EngineRun['batch'] {
  const [{ decodes, longest, prompts, promptTokens, promptPast }] = steps as [StepAmounts]
  const before = Math.max(0, longest - 1)
  return {
    ...{ executor: 0, steps: steps.length, decodes, longest: before, context: decodes * before },
    ...{ prefills: prompts, prefillTokens: promptTokens, promptTokens, promptPast },
    ...{ blocks: 0, generating: decodes, waitsForBlocks: false, extraMs: 0, started: 0 },
  }
}

/**
 * What the first steps of runs took more than their law, by the idle time before: the time of a run
 * beyond its steps that its executor has.
 */
function startSamples(round: MeasuredRound, law: MeasuredSteps): GapSample[] {
  const runs = runsOf(round)
  return round.planned.flatMap(({ steps }, i) => {
    const before = runs[i - 1]
    // a run of one step is one of those that the law was fitted to
    if (steps.length === 1 || before === undefined) return []
    const { sent, began, stepEnds } = runs[i]!
    return [{ gap: sent - before.ended, excess: stepEnds[0]! - began - timeOf(law, steps[0]!) }]
  })
}

/** Rounds of an occasion in some recordings of about as many of them. */
function partsOf(rounds: readonly MeasuredRound[], count: number): (readonly MeasuredRound[])[] {
  const parts = Math.min(rounds.length, count)
  return Array.from({ length: parts }, (_, part) => {
    const upTo = (share: number) => Math.round((rounds.length * share) / parts)
    return rounds.slice(upTo(part), upTo(part + 1))
  })
}

/** Rounds one after another, each of which has times of its own. */
function recordingOf(rounds: readonly MeasuredRound[], work: ExecutorWork): Recording {
  const engineRuns: EngineRun[] = []
  let from = 0
  for (const round of rounds) {
    engineRuns.push(...runsOf(round, from - round.rows[0]!.dispatched))
    from = engineRuns.at(-1)!.done + PAUSE_MS
  }
  // nothing was requested, and no timer was due
  const run = { rows: Rows.allocate(0), timers: [], engineRuns }
  return { run, executors: [0, 1], work: [work], load: 1, durationMs: Number(from.toFixed(3)) }
}

/** Steps in which sequences only decode, as a table by their count and their contexts. */
function workOf(fit: StepFit, rounds: readonly MeasuredRound[], limits: StepLimits): WorkFit {
  const decoding = rounds.flatMap(timedSteps).filter(({ decodes }) => decodes > 0)
  const rising = (values: readonly number[]) => [...new Set(values)].sort((a, b) => a - b)
  const sizes = rising(decoding.map(({ decodes }) => decodes))
  const least = Math.min(...decoding.map(({ longest }) => longest))
  const lengths = rising([least, ...stepLevels(limits).map(({ context }) => context)])
  const table = (of: (size: number, length: number) => number) =>
    sizes.map((size) => lengths.map((length) => of(size, length)))
  const amounts = (decodes: number, longest: number) => {
    return { decodes, longest, prompts: 0, promptTokens: 0, promptPast: 0 }
  }
  return {
    sizes,
    lengths,
    ms: table((size, length) => Math.max(LEAST_MS, timeOf(fit.steps, amounts(size, length)))),
    error: table((size, length) => heldOutError(fit, size, length)),
  }
}

/** The larger median of those that are held out with a count of sequences, or with a context. */
function heldOutError({ heldOut }: StepFit, decodes: number, context: number): number {
  const medians = heldOut.flatMap(({ by, from, to, errors }) => {
    const value = { decodes, context, prompt: Number.NaN }[by]
    return value >= from && value <= to ? [median([...errors])] : []
  })
  return medians.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0)
}

function widthsOf(
  occasions: readonly (readonly MeasuredRound[])[],
  work: WorkFit,
  { law, wake }: { readonly law: MeasuredSteps; readonly wake: ModelProfile['wake'] },
  calibration: string,
): ProfileWidths {
  const regions = regionsOf(work, 1)
  return {
    regions,
    occasions: occasions.map((rounds) => {
      const shapes = medians(following(rounds.flatMap(timedSteps), wake)).filter(
        ({ decodes }) => decodes > 0,
      )
      return {
        calibration,
        speeds: regions.map((region) => {
          const own = shapes.filter(({ decodes, longest }) =>
            inRegion(region, decodes, levelOf(work, longest)),
          )
          return speedOf(own, law)
        }),
        // the cost of an idle executor is that of all occasions together
        idle: null,
      }
    }),
    levels: [],
  }
}

/** The context of the level in which sequences have this one: they grow up to it. */
const levelOf = ({ lengths }: WorkFit, context: number) =>
  lengths.find((length) => length >= context) ?? lengths.at(-1)!

/** The geometric mean of the law over the times of shapes; 1 where there are none. */
function speedOf(shapes: readonly TimedStep[], law: MeasuredSteps): number {
  const logs = shapes.map((shape) => Math.log(Math.max(LEAST_MS, timeOf(law, shape)) / shape.ms))
  const mean = logs.reduce((sum, of) => sum + of, 0) / Math.max(1, logs.length)
  return short(Math.min(MOST_FACTOR, Math.max(1 / MOST_FACTOR, Math.exp(mean))))
}
