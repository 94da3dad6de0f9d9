import type { PercentileComparison, Verdict } from '../../sim/documents/index.ts'
import { noiseFloor } from '../../sim/experiment/comparison/noise-floor.ts'
import { structureCheck } from '../../sim/experiment/comparison/structure-check.ts'
import { type WhatIfFigures, whatIfCheck, whatIfFigures } from '../../sim/experiment/index.ts'
import { PERCENTILES, percentile } from '../../sim/stats/index.ts'
import type { FidelityReport } from './fidelity-report.ts'
import type { CaseReport, ChangeReport } from './judge.ts'
import type { MatrixCell, MutantRow } from './mutant-matrix.ts'
import { predictionStudy } from './prediction.ts'

/** Possible faults of a report; without any of them every check passes. */
export const FAULTS = [
  ...(['structure', 'undecided', 'what-if', 'prediction', 'audit', 'journal'] as const),
  ...(['mutant missed', 'true simulator found'] as const),
]

export type Fault = (typeof FAULTS)[number]

export const CASES = ['judged load 0.3', 'judged load 0.7', 'yardstick A', 'payment-peak'] as const
export const CHANGES = ['yardstick max batch 8 → 2', 'transformer one → two replicas'] as const
export const WRONG = ['LIFO', 'window +10 %', 'constant work'] as const

const REQUESTS = 30_000
const STEPS = [-1, -0.5, 0, 0.5, 1] as const

/** A small report by formula. The fault is in the last case, change or mutant that can have it. */
export function sampleReport(fault: Fault | null = null): FidelityReport {
  const cases = CASES.map((name) => caseOf(name, fault))
  return {
    host: {
      cpu: 'Example CPU',
      cores: 2,
      memory_gib: 8,
      platform: 'linux x64 6.1',
      node: 'v20.0.0',
      onnxruntime: '1.30.0',
      adapter: null,
    },
    made: { date: '2026-11-25', version: '0.1.0', commit: 'abc123', quick: false },
    minutes: 25,
    rows: 1_234_567,
    checksum: 'c0ffee',
    cases,
    changes: CHANGES.map((name) => changeOf(name, fault)),
    prediction: predictionStudy(cases.filter(({ name }) => name.startsWith('judged'))),
    mutants: mutantRowsOf(fault),
  }
}

function caseOf(name: string, fault: Fault | null): CaseReport {
  const here = name === CASES.at(-1)
  const verdict: Verdict =
    here && fault === 'structure' ? 'FAIL' : here && fault === 'undecided' ? 'UNDECIDED' : 'PASS'
  const shift = fault === 'prediction' ? 1.2 : 1
  const percentiles = PERCENTILES.slice(0, 4).map((p, i) => percentileOf(p, i, { verdict, shift }))
  const broken = here && fault === 'audit'
  return {
    name,
    replays: STEPS.length,
    counted: STEPS.length,
    spoiled: [],
    percentiles,
    checks: {
      structure: structureCheck(percentiles, REQUESTS),
      prediction: { verdict: 'PASS', reason: '', worst: null },
      audit: {
        verdict: broken ? 'FAIL' : 'PASS',
        reason: broken ? 'a batch was larger than it may be' : 'no rule is broken',
        worst: null,
      },
    },
    fedBack: STEPS.length - (here && fault === 'journal' ? 1 : 0),
  }
}

/** Five replays around a median; the last one has the verdict on its structure. */
function percentileOf(
  p: number,
  index: number,
  { verdict, shift }: { readonly verdict: Verdict; readonly shift: number },
): PercentileComparison {
  const middle = [4, 6, 7, 12][index]!
  const spread = 0.01 * (index + 1)
  const values = STEPS.map((step) => middle * (1 + spread * step))
  const structure = values.map((measured, i) => {
    const last = i === values.length - 1
    const relative = last && verdict !== 'PASS' ? 0.05 : 0.002 * STEPS[i]!
    const simulated = measured * (1 + relative)
    return {
      replay: i,
      measured,
      simulated,
      low: simulated,
      high: simulated,
      error_ms: measured * relative,
      error_relative: relative,
      verdict: last ? verdict : ('PASS' as const),
    }
  })
  const predicted = middle * shift
  const half = 1.2 * spread * middle
  return {
    p,
    n: REQUESTS,
    simulated: { value: predicted, low: predicted - half, high: predicted + half, n: REQUESTS },
    measured: { value: middle, low: middle - half, high: middle + half, n: REQUESTS },
    each: values.map((value, replay) => ({ replay, value, low: value, high: value })),
    structure,
    prediction: [],
    verdicts: { structure: verdict, prediction: 'PASS' },
    split: {
      structure: 0,
      service_model: 0,
      drift: shift - 1,
      noise: 0,
    },
    noise_floor: noiseFloor(values),
  }
}

function changeOf(name: string, fault: Fault | null): ChangeReport {
  const error = name === CHANGES.at(-1) && fault === 'what-if' ? 0.2 : 0.01
  const figures = ratiosOf({ error, scatter: 0.004 })
  return { name, changes: [], ...figures, check: whatIfCheck(figures) }
}

/** Half the latency at every percentile, replayed five times and predicted `error` too high. */
export function ratiosOf(of: {
  readonly error: number
  /** relative, from round to round */
  readonly scatter: number
}): WhatIfFigures {
  const { error, scatter } = of
  const latencies = Float64Array.from({ length: REQUESTS }, (_, i) => {
    return -8 * Math.log(1 - (i + 0.5) / REQUESTS)
  })
  const levels = PERCENTILES.map((p) => percentile(latencies, p))
  return whatIfFigures({
    rounds: STEPS.map((step) => {
      const b = latencies.map((latency) => latency * 0.5 * (1 + scatter * step))
      return [{ a: latencies, b, sliceMs: null, control: 0 }]
    }),
    predictions: STEPS.map((step) => ({
      a: levels,
      b: levels.map((level) => level * 0.5 * (1 + error) * (1 + 0.01 * step)),
    })),
    seed: 1,
  })
}

function mutantRowsOf(fault: Fault | null): MutantRow[] {
  const row = (mutant: string, error: number, isFound: boolean): MutantRow => {
    const place = { case: 'payment-peak', check: 'structure', time: 'latency', p: 0.95 } as const
    const cell: MatrixCell = { mutant, ...place, error, outside: isFound }
    return {
      mutant,
      fault: `what is wrong with ${mutant}`,
      finder: isFound ? cell : null,
      largest: cell,
      found: isFound ? 1 : 0,
      ran: 5,
    }
  }
  const wrong = WRONG.map((name, i) => {
    const missed = name === WRONG.at(-1) && fault === 'mutant missed'
    return row(name, missed ? 0.02 : 0.05 * 6 ** i, !missed)
  })
  const trueFound = fault === 'true simulator found'
  return [row('none', trueFound ? -0.06 : -0.008, trueFound), ...wrong]
}
