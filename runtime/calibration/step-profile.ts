import { median } from 'simple-statistics'
import {
  overheadsOfScript,
  type ScriptRecording,
  scriptedFields,
} from '../../sim/experiment/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import {
  type MeasuredSteps,
  MOST_FACTOR,
  type ModelProfile,
  type ProfileWidths,
  timeOf,
} from '../../sim/world/index.ts'
import type { StepScriptRow } from '../live/generation/step-script.ts'
import { type MeasuredRound, timedSteps } from './calibrate-steps.ts'
import { inRegion, regionsOf, short } from './measured-widths.ts'
import { fitSteps, type HeldOutSteps, medians, type StepFit, type TimedStep } from './step-fit.ts'
import { type StepLimits, stepLevels } from './step-plan.ts'
import { fitWake, type GapSample } from './wake-fit.ts'
import type { WorkFit } from './work-fit.ts'

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
 * measured, UTC. Rounds have no requests and no timers, so that these have no delay in it.
 */
export function stepProfile(
  occasions: readonly (readonly MeasuredRound[])[],
  limits: StepLimits,
  calibration: string,
): StepProfile {
  const rounds = occasions.flat()
  const fit = fitSteps(rounds.flatMap(timedSteps))
  const work = workOf(fit, rounds, limits)
  const { steps } = fit
  const recorded = occasions.flatMap((own) => recordingsOf(own, steps, occasions.length))
  return {
    work,
    steps: {
      ...steps,
      rows: [...steps.rows],
      ms: [...steps.ms],
      levels: stepLevels(limits),
      heldOut: fit.heldOut.map(heldOutOf),
    },
    wake: fitWake(rounds.flatMap((round) => startSamples(round, steps))),
    overheads: overheadsOfScript(rounds.flatMap(runsOf)) as ModelProfile['overheads'],
    ...scriptedFields(recorded),
    widths: widthsOf(occasions, work, steps, calibration),
  }
}

function heldOutOf({ by, from, to, errors }: HeldOutSteps) {
  const worst = errors.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
  return { by, from, to, median: short(median(errors.map(Math.abs))), worst: short(worst) }
}

/** Runs as a dispatcher has them: the gap is the time for which the executor was idle. */
const runsOf = ({ rows }: MeasuredRound) =>
  rows.map(({ dispatched, started, ends, done }, i) => {
    const before = rows[i - 1]?.ends.at(-1) ?? Number.NEGATIVE_INFINITY
    return { dispatched, started, ended: ends.at(-1)!, done, gap: dispatched - before }
  })

/**
 * What the first steps of runs took more than their law, by the idle time before: the time of a run
 * beyond its steps that its executor has.
 */
function startSamples(round: MeasuredRound, law: MeasuredSteps): GapSample[] {
  const runs = runsOf(round)
  return round.planned.flatMap(({ steps }, i) => {
    const { started, ends } = round.rows[i]!
    const { gap } = runs[i]!
    // a run of one step is one of those that the law was fitted to
    if (steps.length === 1 || !Number.isFinite(gap)) return []
    return [{ gap, excess: ends[0]! - started - timeOf(law, steps[0]!) }]
  })
}

/** Rounds of an occasion in recordings, by the speed at which they ran their steps. */
function recordingsOf(
  rounds: readonly MeasuredRound[],
  law: MeasuredSteps,
  occasions: number,
): ScriptRecording[] {
  const parts = Math.min(rounds.length, Math.ceil(RECORDINGS / occasions))
  return Array.from({ length: parts }, (_, part) => {
    const upTo = (share: number) => Math.round((rounds.length * share) / parts)
    return recordingOf(rounds.slice(upTo(part), upTo(part + 1)), law)
  })
}

/** Rounds one after another, each of which has times of its own. */
function recordingOf(rounds: readonly MeasuredRound[], law: MeasuredSteps): ScriptRecording {
  const [batches, reactions]: [ScriptRecording['batches'][number][], [Ms, Ms][]] = [[], []]
  let from = 0
  for (const round of rounds) {
    const shift = from - round.rows[0]!.dispatched
    for (const step of timedSteps(round)) {
      const [started, ended] = [step.started + shift, step.ended + shift]
      const work = Math.max(LEAST_MS, timeOf(law, step))
      batches.push({ executor: 0, dispatched: started, started, ended, done: ended, work })
    }
    for (const { ends, done } of round.rows) reactions.push([ends.at(-1)! + shift, done + shift])
    from = lastOf(round.rows).done + shift + PAUSE_MS
  }
  return { batches, reactions, durationMs: Number(from.toFixed(3)) }
}

const lastOf = (rows: readonly StepScriptRow[]) => rows.at(-1)!

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
    return { decodes, longest, promptTokens: 0, promptPast: 0 }
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
  law: MeasuredSteps,
  calibration: string,
): ProfileWidths {
  const regions = regionsOf(work, 1)
  return {
    regions,
    occasions: occasions.map((rounds) => {
      const shapes = medians(rounds.flatMap(timedSteps)).filter(({ decodes }) => decodes > 0)
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
