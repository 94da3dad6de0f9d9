import type { z } from 'zod'
import { acceleratorsFigures } from './accelerators.ts'
import { articlesFigures } from './articles.ts'
import { benchFigures } from './bench.ts'
import { digestsFigures } from './digests.ts'
import { fidelityFigures } from './fidelity.ts'
import { fleetFigures } from './fleet.ts'
import {
  fuzzAuditedFigures,
  fuzzBaselinesFigures,
  fuzzInputsFigures,
  fuzzKillsFigures,
  fuzzQueueFigures,
  fuzzQueueKillsFigures,
  fuzzRefsFigures,
  fuzzSqlFigures,
  fuzzSweepsFigures,
} from './fuzz.ts'
import { gateStudyFigures } from './gate-study.ts'
import { generationFidelityFigures } from './generation-fidelity.ts'
import { hostileServersFigures } from './hostile.ts'
import { planStudyFigures } from './plan-study.ts'
import { resamplingFigures } from './resampling.ts'
import { scrapeFigures } from './scrape.ts'
import { uncertainPlansFigures } from './uncertain-plans.ts'
import { uncertaintyFigures } from './uncertainty.ts'
import { validationFigures } from './validation.ts'
import { vllmFigures } from './vllm.ts'

/** The figures of each study. A study is a command that measures or simulates for minutes. */
export const FIGURES = {
  fidelity: fidelityFigures,
  'generation-fidelity': generationFidelityFigures,
  validation: validationFigures,
  'plan-study': planStudyFigures,
  'uncertain-plans': uncertainPlansFigures,
  uncertainty: uncertaintyFigures,
  scrape: scrapeFigures,
  'gate-study': gateStudyFigures,
  resampling: resamplingFigures,
  articles: articlesFigures,
  accelerators: acceleratorsFigures,
  vllm: vllmFigures,
  fleet: fleetFigures,
  bench: benchFigures,
  digests: digestsFigures,
  'fuzz-inputs': fuzzInputsFigures,
  'fuzz-kills': fuzzKillsFigures,
  'fuzz-sweeps': fuzzSweepsFigures,
  'fuzz-audited': fuzzAuditedFigures,
  'fuzz-baselines': fuzzBaselinesFigures,
  'fuzz-refs': fuzzRefsFigures,
  'fuzz-sql': fuzzSqlFigures,
  'fuzz-queue': fuzzQueueFigures,
  'fuzz-queue-kills': fuzzQueueKillsFigures,
  'hostile-servers': hostileServersFigures,
} as const

export type StudyName = keyof typeof FIGURES
export type FiguresOf<Name extends StudyName> = z.infer<(typeof FIGURES)[Name]>
export const STUDY_NAMES = Object.keys(FIGURES) as StudyName[]
