import * as z from 'zod'
import {
  EXIT,
  Failure,
  parseObjective,
  type Scenario,
  visibleLine,
} from '../../../scenarios/index.ts'
import { costFigure, leastReplicas, type RunFigures } from '../../../sim/experiment/index.ts'
import { PARTS, PERCENTILES } from '../../../sim/stats/index.ts'
import type { ConfigurationRuns } from '../simulations/configuration-runs.ts'
import { decode, MOST_RUNS, type Read, read } from './queue.ts'

/**
 * Answers of workers, which any program with access to the server can write. What is checked is
 * what the sweep can know without a simulation: that it is the answer to this job, that every
 * figure is one, and that figures do not contradict each other or the scenario. Figures that are
 * false and fit are not seen.
 */

/** What the sweep itself knows of a job. */
export interface Expected {
  readonly job: string
  readonly replications: number
  readonly scenario: Scenario
  /** of the scenario with its changes */
  readonly hash: string
  /** where some of its inputs are uncertain */
  readonly uncertain?: true | undefined
}

/** An answer that cannot be one. */
export class Refused extends Error {}

const MOST_TEXTS = 1000
const MOST_LETTERS = 10_000
const MOST_BLOCKS = 100
const MOST_LEVELS = 10
/** Classes, pools and objectives; their exact numbers are those of the scenario. */
const MOST_PARTS = 10_000

const isNumber = (value: unknown): value is number => typeof value === 'number'
const count = z.int().min(0)
/** not negative; null would be no number */
const amount = z.number().min(0)
/** ms or another amount; infinite for lost requests, not a number for those of nothing */
const figure = z.custom<number>((value) => isNumber(value) && !(value < 0), 'not a figure')
/** a share of time, which is exact; not a number for that of nothing */
const share = figure.refine((value) => !(value > 1), 'above 1')
const percentiles = z
  .array(figure)
  .length(PERCENTILES.length)
  .refine(
    (values) => values.every((value, i) => i === 0 || !(value < values[i - 1]!)),
    'percentiles that fall',
  )
const texts = z.array(z.string().max(MOST_LETTERS)).max(MOST_TEXTS)

const times = z.strictObject({ n: count, mean: figure, percentiles })

const classFigures = z
  .strictObject({
    arrived: count,
    served: count,
    servedInTraffic: count,
    generated: count,
    good: count,
    latency: times,
    all: percentiles,
    ttft: times.optional(),
    tpot: times.optional(),
    parts: z
      .array(figure)
      .min(PARTS.length)
      .max(PARTS.length + 1),
  })
  .refine(({ arrived, served }) => served <= arrived, 'more served than arrived')
  .refine(({ served, good }) => good <= served, 'more good than served')
  .refine(({ served, latency }) => latency.n === served, 'latencies of other requests')
  .refine(
    ({ served, ttft, tpot }) => (ttft?.n ?? 0) <= served && (tpot?.n ?? 0) <= served,
    'more token times than served requests',
  )
  .refine(
    ({ latency: { n, mean, percentiles: levels } }) =>
      n === 0 || [mean, ...levels].every((value) => Number.isFinite(value)),
    'latencies of served requests that are no times',
  )

const poolFigures = z.strictObject({
  replicas: amount,
  utilisation: share,
  capacityUtilisation: figure.nullable(),
  batchMean: figure,
  energy: z.strictObject({ powerW: amount, jouleEach: figure }).nullable(),
})

const drift = z
  .strictObject({
    held: amount,
    backlog: z.number(),
    arrived: z.array(amount).min(1).max(MOST_BLOCKS),
    growth: z.array(z.number()).min(1).max(MOST_BLOCKS),
    pools: z
      .array(
        z.strictObject({
          ended: amount,
          lost: amount,
          demand: z.array(figure).min(1).max(MOST_BLOCKS),
        }),
      )
      .max(MOST_PARTS),
  })
  .refine(
    ({ arrived, growth, pools }) =>
      growth.length === arrived.length &&
      pools.every(({ demand }) => demand.length === arrived.length),
    'blocks of other numbers',
  )
  .refine(({ pools }) => pools.every(({ ended, lost }) => lost <= ended), 'more lost than ended')

const tail = z
  .strictObject({ n: count, beyond: count, values: z.array(figure).min(2).max(MOST_LEVELS) })
  .refine(({ n, beyond }) => beyond <= n, 'more beyond a limit than there are')

const objectiveFigure = z
  .strictObject({ value: figure, n: count, upper: figure.nullable(), tail: tail.nullable() })
  .refine(
    ({ n, tail: slowest }) => slowest === null || slowest.n <= n,
    'a tail of more than arrived',
  )

/** Of a pool, work beyond what its times were measured at. */
const extrapolated = z
  .strictObject({
    ms: amount,
    above: amount,
    below: amount,
    batch: amount,
    length: amount,
    prefill: amount,
  })
  .refine(({ ms, above }) => above <= ms * (1 + 1e-9), 'more work beyond than there is')

const figuresOfRun = z.strictObject({
  requests: z.string().regex(/^[0-9a-f]{1,64}$/, 'no hash'),
  exact: z.literal(true).optional(),
  classes: z.array(classFigures).max(MOST_PARTS),
  pools: z.array(poolFigures).max(MOST_PARTS),
  objectives: z.array(objectiveFigure).max(MOST_PARTS),
  slower: z.array(objectiveFigure).max(MOST_PARTS).optional(),
  extrapolated: z.array(extrapolated.nullable()).max(MOST_PARTS).optional(),
  memoryOfLimit: amount.nullable(),
  drift,
  observedS: z.number().positive(),
})
const runFigures: z.ZodType<RunFigures> = figuresOfRun

const lostFigures = z.strictObject({
  text: z.string().max(MOST_LETTERS),
  objectives: z.array(objectiveFigure).max(MOST_PARTS),
  slower: z.array(objectiveFigure).max(MOST_PARTS).optional(),
  extrapolated: z.array(extrapolated.nullable()).max(MOST_PARTS).optional(),
})

/** The same as a plan keeps it: with losses, which no sweep has. */
export const keptRunFigures: z.ZodType<RunFigures> = figuresOfRun.extend({
  lost: z.array(lostFigures).max(MOST_PARTS).optional(),
})

const job = z.string()

const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('done'),
    job,
    hash: z.string(),
    capacityRps: z
      .custom<number>((value) => isNumber(value) && value > 0, 'no capacity')
      .nullable(),
    extrapolated: texts,
    runs: z.array(runFigures).min(1).max(MOST_RUNS),
  }),
  /** the configuration is invalid, or memory ran out */
  z.strictObject({
    kind: z.literal('failed'),
    job,
    problems: texts.min(1),
    exitCode: z.literal([EXIT.invalidInput, EXIT.notComparable]),
  }),
  /** the worker cannot tell what was asked, or has failed itself */
  z.strictObject({ kind: z.literal('refused'), job, reason: z.string().max(MOST_LETTERS) }),
])

export type Answer = z.infer<typeof answerSchema>

/**
 * The runs of an answer, or the `Failure` that it reports. Throws `Refused`, with a reason in one
 * line.
 */
export function answered(text: string, expected: Expected): ConfigurationRuns | Failure {
  const answer = parsed(text)
  if (answer.job !== expected.job) throw new Refused('the answer to another job')
  if (answer.kind === 'refused') throw new Refused(`a worker refuses it: ${oneLine(answer.reason)}`)
  if (answer.kind === 'failed') {
    return new Failure(answer.problems.map(oneLine), answer.exitCode)
  }
  const { hash, capacityRps, extrapolated, runs } = answer
  if (hash !== expected.hash) throw new Refused('figures of another scenario')
  const { scenario } = expected
  if (runs.length !== expected.replications) {
    throw new Refused(`${runs.length} replications, expected ${expected.replications}`)
  }
  for (const run of runs) expectOf(scenario, run)
  // what the sweep knows itself is not taken from an answer; capacity is the worker's word
  const recomputed = runs.map((run) => ({ ...run, objectives: ownObjectives(scenario, run) }))
  const beyond = extrapolated.map(oneLine)
  const { uncertain } = expected
  return { scenario, hash, capacityRps, extrapolated: beyond, runs: recomputed, uncertain }
}

/** What objectives are judged on, where that follows from other figures of the run. */
function ownObjectives(scenario: Scenario, run: RunFigures): RunFigures['objectives'] {
  const { traffic, slo } = scenario
  const stated = traffic.flatMap(({ class: name }, i) =>
    (slo[name] ?? []).map((text) => ({ kind: parseObjective(text)!.kind, of: run.classes[i]! })),
  )
  const served = run.classes.reduce((sum, figures) => sum + figures.servedInTraffic, 0)
  return stated.map(({ kind, of: { good, arrived } }, i) => {
    if (kind === 'goodput') {
      return { value: good / arrived, n: arrived, upper: null, tail: null }
    }
    if (kind !== 'cost') return run.objectives[i]!
    const replicas = run.pools.map((pool) => pool.replicas)
    return costFigure(scenario, served, replicas)
  })
}

function parsed(text: string): Answer {
  let value: unknown
  try {
    value = decode(text)
  } catch {
    throw new Refused('no JSON')
  }
  let answer: Read<Answer>
  try {
    answer = read(answerSchema, value, 'no answer')
  } catch {
    // whatever a schema meets in it: no answer ends a sweep
    throw new Refused('no answer: it cannot be read')
  }
  if ('data' in answer) return answer.data
  throw new Refused(oneLine(answer.problem))
}

/** Compares a run with the scenario that it is of. */
function expectOf(scenario: Scenario, run: RunFigures): void {
  const { classes, pools, objectives, slower, extrapolated: beyond, drift: of } = run
  const stated = scenario.traffic.flatMap(({ class: name }) => scenario.slo[name] ?? [])
  const lengths: [string, number, number][] = [
    ['classes', classes.length, scenario.traffic.length],
    ['pools', pools.length, scenario.pools.length],
    ['pools of its drift', of.pools.length, scenario.pools.length],
    ['objectives', objectives.length, stated.length],
    ['objectives of slower times', slower?.length ?? stated.length, stated.length],
    ['pools of extrapolated work', beyond?.length ?? scenario.pools.length, scenario.pools.length],
  ]
  for (const [what, actual, wanted] of lengths) {
    if (actual !== wanted) throw new Refused(`${actual} ${what}, expected ${wanted}`)
  }
  // without a warm-up, no other requests are answered
  const wrong = classes.find(({ served, servedInTraffic }) => servedInTraffic > served)
  if (scenario.warmup_s === 0 && wrong !== undefined) {
    throw new Refused('more served in the traffic than served')
  }
  const least = leastReplicas(scenario.pools)
  for (const [i, { name, replicas, scaling }] of scenario.pools.entries()) {
    const { replicas: paid, utilisation } = pools[i]!
    // the cost is by them; those of a scaled pool are a mean, with those that still end their work
    if (scaling === undefined && paid !== replicas) {
      throw new Refused(`${paid} replicas of pool ${name}, expected ${replicas}`)
    }
    // a mean over time, which rounding may bring below
    if (paid < least[i]! * (1 - 1e-9)) {
      throw new Refused(`${paid} replicas of pool ${name}, expected at least ${least[i]}`)
    }
    if (Number.isNaN(utilisation) && paid > 0) throw new Refused(`no utilisation of pool ${name}`)
  }
}

/** Text from the server, which is printed and kept. */
export const oneLine = (text: string) => visibleLine(text).slice(0, 1000)
