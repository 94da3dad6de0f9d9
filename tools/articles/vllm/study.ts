import { type Effort, type FamilyFit, fitFamily, LINEAR, ROOFLINE } from './fit.ts'
import { loadTests, type Stage, stagesOf } from './load-test.ts'
import { contextDifference, elasticity, longPromptRates, type Range } from './open-questions.ts'
import { type Extent, isSaturated, predictions, type StagePrediction } from './predictions.ts'

/** How much is simulated. */
interface Amount extends Extent {
  readonly linear: Effort
  readonly roofline: Effort
}

export const WHOLE: Amount = {
  ...{ seeds: 20, laws: 8, lawSeeds: 2 },
  linear: { seeds: 4, edges: [0.2], chains: 10, generations: 25 },
  // a step of it takes some four times as long to simulate
  roofline: { seeds: 2, edges: [0.1], chains: 8, generations: 8 },
}

/** For a smoke run. */
export const SMALL: Amount = {
  ...{ seeds: 3, laws: 2, lawSeeds: 2 },
  linear: { seeds: 1, edges: [], chains: 4, generations: 2 },
  roofline: { seeds: 1, edges: [], chains: 4, generations: 1 },
}

/** A law that was fitted, and what it predicts of every stage of both engines. */
export interface LawStudy {
  readonly fit: FamilyFit
  readonly predicted: readonly StagePrediction[]
}

export interface VllmStudy {
  readonly stages: readonly Stage[]
  readonly linear: LawStudy
  readonly roofline: LawStudy
  readonly longPrompts: Range
  readonly contextDifference: number
  /** of p50 end to end and of TTFT in the last stage below saturation, by 1 % of the steps */
  readonly elasticity: { readonly e2e: number; readonly ttft: number }
}

/** The engine that is fitted, and the one that is predicted. */
export const [FITTED, CHANGED] = [128, 192]

export const isFitted = (stage: Stage) => stage.maxSequences === FITTED && !isSaturated(stage)

/** Fits both laws, and predicts every stage. */
export function studied({ linear, roofline, ...extent }: Amount): VllmStudy {
  const stages = loadTests()
  const lawStudy = (family: typeof LINEAR, effort: Effort): LawStudy => {
    process.stderr.write(`${family.name}\n`)
    const fit = fitFamily(stages.filter(isFitted), family, effort)
    return { fit, predicted: predictions(stages, fit, extent) }
  }
  const byLine = lawStudy(LINEAR, linear)
  const { best, draws } = byLine.fit
  const changed = stagesOf(stages, CHANGED)
  const near = changed.findLast((stage) => !isSaturated(stage))!
  return {
    stages,
    linear: byLine,
    roofline: lawStudy(ROOFLINE, roofline),
    longPrompts: longPromptRates(draws, extent.laws),
    contextDifference: contextDifference(changed, best.values),
    elasticity: {
      e2e: elasticity(near, best.values, 'end to end p50', extent.seeds),
      ttft: elasticity(near, best.values, 'TTFT p50', extent.seeds),
    },
  }
}
