import { describe, expect, test } from 'vitest'
import {
  poissonRequests,
  WINDOW_MS,
} from '../../sim/experiment/comparison/known-machine.test-helper.ts'
import { LATENCY } from '../../sim/experiment/comparison/measures.ts'
import type { BatchingPlan, PoolPlan, ServingPlan } from '../../sim/serving/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import {
  largestError,
  type MatrixRow,
  MUTANTS,
  type Mutant,
  type MutantCase,
  matrix,
  TRUE_SIMULATOR,
} from './index.ts'
import { profileCase, structureCase, whatIfCase } from './known-cases.test-helper.ts'

/** Larger errors count as detected. */
const FOUND = 0.03

/** Without stalls a structure check is so exact that its own tolerance can be the limit. */
const found = ({ of, check, error }: MatrixRow) =>
  Math.abs(error) >
  (of === 'stall-free' && check === 'structure' ? LATENCY.structure.relative : FOUND)

const batching = (change: { maxBatch?: number; maxDelayMs?: number }): BatchingPlan => ({
  policy: 'dynamic',
  maxBatch: 8,
  maxDelayMs: WINDOW_MS,
  preferred: [],
  ...change,
})

const withPool = (plan: ServingPlan, change: Partial<PoolPlan>): ServingPlan => ({
  ...plan,
  pools: plan.pools.map((pool) => ({ ...pool, ...change })),
})

/** Other requests over the same time, `factor` times as many. */
function denser({ columns, count }: RequestList, factor: number): RequestList {
  const durationMs = columns.at.at(-1)!
  return poissonRequests((factor * count) / durationMs, durationMs, 5)
}

const longer = ({ columns }: RequestList, factor: number) =>
  RequestList.of({ ...columns, inputTokens: columns.inputTokens.map((length) => factor * length) })

const smallerBatches: Parameters<typeof whatIfCase>[2] = ({ plan, requests }) => ({
  plan: withPool(plan, { batching: batching({ maxBatch: 2 }) }),
  requests,
})

const CASES: readonly MutantCase[] = [
  structureCase('load 0.3, window 5 ms', { load: 0.3, batching: batching({ maxDelayMs: 5 }) }),
  structureCase('load 0.85', { load: 0.85 }),
  structureCase('a dispatcher with many stalls', { load: 0.1, slowness: 3, stillShare: 0.2 }),
  whatIfCase('max batch 8 → 2', { load: 0.5 }, smallerBatches),
  profileCase('max batch 8 → 2, by a profile', { load: 0.3 }, smallerBatches),
  whatIfCase('window → 0', { load: 0.5 }, ({ plan, requests }) => ({
    plan: withPool(plan, { batching: batching({ maxDelayMs: 0 }) }),
    requests,
  })),
  whatIfCase('load 0.5 → 0.8', { load: 0.5 }, ({ plan, requests }) => ({
    plan,
    requests: denser(requests, 1.6),
  })),
  whatIfCase(
    'load 0.5 → 0.05, no window',
    { load: 0.5, batching: batching({ maxDelayMs: 0 }) },
    ({ plan, requests }) => ({ plan, requests: denser(requests, 0.1) }),
  ),
  whatIfCase('one → two replicas', { load: 0.5 }, ({ plan, requests }) => ({
    plan: withPool(plan, { replicas: 2 }),
    requests,
  })),
  whatIfCase('lengths three times as long', { load: 0.5 }, ({ plan, requests }) => ({
    plan,
    requests: longer(requests, 3),
  })),
]

const rows = matrix([TRUE_SIMULATOR, ...MUTANTS], CASES)
const rowsOf = ({ name }: Mutant, requests: MatrixRow['of']) =>
  rows.filter(({ mutant, of }) => mutant === name && of === requests)

const REQUESTS = ['all', 'stall-free'] as const

if (process.env.SPILLWAY_MUTANTS !== undefined) {
  const percent = (error: number) =>
    `${error < 0 ? '−' : '+'}${(100 * Math.abs(error)).toFixed(1)} %`
  for (const requests of REQUESTS) {
    process.stderr.write(`\n${[requests, ...CASES.map(({ name }) => name)].join(' | ')}\n`)
    for (const mutant of [TRUE_SIMULATOR, ...MUTANTS]) {
      const cells = CASES.map(({ name }) => {
        const most = largestError(rowsOf(mutant, requests).filter((row) => row.case === name))
        return most === null ? '–' : `${percent(most.error)} p${100 * most.p}`
      })
      process.stderr.write(`${[mutant.name, ...cells].join(' | ')}\n`)
    }
  }
}

describe.each(REQUESTS)('mutants on a machine of known truth, by requests: %s', (of) => {
  test('the true simulator is within the limit in every check, at every percentile', () => {
    const own = rowsOf(TRUE_SIMULATOR, of)
    expect(new Set(own.map((row) => row.case)).size).toBe(CASES.length)
    expect(own.filter(found)).toEqual([])
  })

  test.each(MUTANTS)('$name is beyond the limit somewhere', (mutant) => {
    expect(rowsOf(mutant, of).filter(found)).not.toEqual([])
  })

  test('only what-ifs detect wrong work: structure checks cannot see it', () => {
    const believers = MUTANTS.filter(({ work }) => work !== undefined)
    expect(believers.length).toBe(4)
    const detected = believers.flatMap((mutant) => rowsOf(mutant, of)).filter(found)
    expect(new Set(detected.map(({ check }) => check))).toEqual(new Set(['what-if']))
  })
})

test('a fault that acts in stalls alone is within 3 % without them', () => {
  const late = MUTANTS.find(({ name }) => name === 'no timer lateness')!
  const worst = REQUESTS.map((of) => Math.abs(largestError(rowsOf(late, of))!.error))
  expect(worst[0]).toBeGreaterThan(FOUND)
  expect(worst[1]).toBeLessThan(FOUND)
})
