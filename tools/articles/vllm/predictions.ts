import { mean } from 'simple-statistics'
import { type Engine, simulatedStage } from './engine.ts'
import { compared, type Equivalence, meanSd, percentileSd } from './equivalence.ts'
import { type FamilyFit, spaced } from './fit.ts'
import { PERCENTS, type Stage, type StageFigures, tpotOf } from './load-test.ts'

/** A figure of a stage: how to read it, and how far the one published run may be off by chance. */
export interface Figure {
  readonly name: string
  readonly of: (figures: StageFigures) => number
  readonly samplingSd: (stage: Stage) => number
}

const TIMES = { TTFT: 'ttft', 'end to end': 'e2e' } as const
export type Metric = keyof typeof TIMES

export const METRICS = Object.keys(TIMES) as Metric[]

const timesFigures = (metric: Metric): Figure[] => {
  const key = TIMES[metric]
  return [
    {
      name: `${metric} mean`,
      of: (figures) => figures[key].mean,
      samplingSd: ({ measured, requests }) => meanSd(measured[key], requests),
    },
    ...PERCENTS.map(
      (percent): Figure => ({
        name: `${metric} p${percent}`,
        of: (figures) => figures[key][`p${percent}`],
        samplingSd: ({ measured, requests }) => percentileSd(measured[key], percent, requests),
      }),
    ),
  ]
}

export const FIGURES: readonly Figure[] = [
  { name: 'throughput', of: ({ throughputRps }) => throughputRps, samplingSd: () => 0 },
  { name: 'TPOT', of: tpotOf, samplingSd: () => 0 },
  ...METRICS.flatMap(timesFigures),
]

export interface Predicted {
  readonly name: string
  readonly measured: number
  /** simulated over measured, less 1 */
  readonly error: number
  readonly equivalence: Equivalence
  /** the errors of the laws that fit as well */
  readonly low: number
  readonly high: number
}

export interface StagePrediction {
  readonly stage: Stage
  readonly figures: readonly Predicted[]
  /** simulated mean wait of requests for a connection, ms */
  readonly delayMs: number
}

export interface Extent {
  readonly seeds: number
  /** laws that fit as well, and the seeds of each */
  readonly laws: number
  readonly lawSeeds: number
}

const runs = (stage: Omit<Stage, 'measured'>, engine: Engine, seeds: number): StageFigures[] =>
  Array.from({ length: seeds }, (_, seed) => simulatedStage(stage, engine, seed + 1))

/** The simulated values of a figure: of the best law by seed, and of each other law the mean. */
export function predictions(
  stages: readonly Stage[],
  fit: FamilyFit,
  { seeds, laws, lawSeeds }: Extent,
): StagePrediction[] {
  const { family, best, draws } = fit
  const others = spaced(draws, ([, , third]) => third!, laws).map(({ values }) =>
    family.engine(values),
  )
  return stages.map((stage) => {
    const own = runs(stage, family.engine(best.values), seeds)
    const ofOthers = others.map((engine) => runs(stage, engine, lawSeeds))
    const figures = FIGURES.map(({ name, of, samplingSd }): Predicted => {
      const measured = of(stage.measured)
      const errorOf = (all: readonly StageFigures[]) =>
        compared(all.map(of), measured, samplingSd(stage))
      const range = ofOthers.map((all) => errorOf(all).error)
      const { error, equivalence } = errorOf(own)
      const [low, high] = [Math.min(error, ...range), Math.max(error, ...range)]
      return { name, measured, error, equivalence, low, high }
    })
    return { stage, figures, delayMs: mean(own.map(({ delay }) => delay.mean)) }
  })
}

/** Whether clients ask for more than the engine can serve. */
export const isSaturated = ({ number }: Stage) => number >= 4

/** A bar of the study, over stages of the engine that only differs in `max_num_seqs`. */
export interface Bar {
  readonly name: string
  readonly bar: number
  readonly holds: (stage: Stage) => boolean
  readonly figures: readonly string[]
}

const below = (stage: Stage) => !isSaturated(stage)

export const BARS: readonly Bar[] = [
  { name: 'TTFT p50 and p95', bar: 0.1, holds: below, figures: ['TTFT p50', 'TTFT p95'] },
  {
    name: 'end to end p50 and p95',
    bar: 0.1,
    holds: below,
    figures: ['end to end p50', 'end to end p95'],
  },
  { name: 'TPOT', bar: 0.05, holds: below, figures: ['TPOT'] },
  { name: 'throughput', bar: 0.05, holds: below, figures: ['throughput'] },
  { name: 'saturated throughput', bar: 0.05, holds: isSaturated, figures: ['throughput'] },
]

/** A figure of a stage that a bar is about. */
export interface Judged extends Predicted {
  readonly stage: Stage
}

/** The figures of a bar, worst first. */
export const judgedBy = ({ holds, figures }: Bar, all: readonly StagePrediction[]): Judged[] =>
  all
    .filter(({ stage }) => holds(stage))
    .flatMap(({ stage, figures: of }) =>
      of.filter(({ name }) => figures.includes(name)).map((figure) => ({ ...figure, stage })),
    )
    .sort((a, b) => Math.abs(b.error) - Math.abs(a.error))
