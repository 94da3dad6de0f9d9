import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileOf } from '../articles/azure.ts'

/** One configuration that is replayed. */
export interface Case {
  readonly name: string
  /** in scenarios/library */
  readonly scenario: string
  readonly set: readonly string[]
  /**
   * the case that this one changes: loads are shares of its capacity, and its profile predicts both
   */
  readonly against?: string
}

/**
 * Cases that alternate, so that drift of the machine affects all alike: in slices if one changes
 * another, or else in whole replays.
 */
export interface Session {
  readonly name: string
  readonly rounds: number
  readonly cases: readonly Case[]
}

/**
 * The overrides of a case. Nothing here judges objectives, and one over a window that is longer
 * than the shortened scenario would be refused; so the scenario has none.
 */
export const overridesOf = ({ set }: Case) => [...set, 'slo={}']

const pool = (key: string, value: string | number) => `pools.central.${key}=${value}`

/** Cases of a scenario at a load, for `seconds`, with all of these overrides. */
const casesOf =
  (scenario: string, className: string, ...fixed: string[]) =>
  (name: string, load: number, seconds: number, ...set: string[]): Case => {
    const timing = [`duration_s=${seconds}`, 'warmup_s=0.5']
    const traffic = `traffic.${className}.arrivals.load=${load}`
    return { name, scenario, set: [...timing, ...fixed, traffic, ...set] }
  }

const yardstick = casesOf('yardstick', 'web')
/** The transformer of the payment peak under steady traffic. */
const transformer = casesOf('payment-peak', 'checkout', 'traffic.checkout.arrivals.surges=[]')

const changeOf = (against: string, changed: Case): Case => ({ ...changed, against })

const LOADS = [0.3, 0.5, 0.7, 0.85]
/** Prefixes of judged cases, and of those with other requests that they are predicted from. */
export const JUDGED = 'judged'
export const REHEARSAL = 'rehearsal'

/**
 * Part of the names of cases whose batches take 0.2 ms, less than the noise of most machines: the
 * hard case. Batches of all other cases take milliseconds, and lead.
 */
const HARD = 'yardstick'
export const isHard = (name: string): boolean => name.includes(HARD)

/** Rehearsals alternate with the judged replays, as in `run`. `of`: part of the names of both. */
function rehearsed(make: typeof yardstick, of: string, rounds: number, seconds: number): Session {
  const atLoads = (prefix: string, ...set: string[]) =>
    LOADS.map((load) => make(`${prefix} ${of}load ${load}`, load, seconds, ...set))
  const rehearsals = atLoads(REHEARSAL, 'seed=101')
  const judged = atLoads(JUDGED)
  const cases = judged.flatMap((suiteCase, i) => [rehearsals[i]!, suiteCase])
  return { name: `rehearsed replays ${of}`.trim(), rounds, cases }
}

/** Makers of cases with a prefix: of any case, and of a change of case A. */
export function changesOf(prefix: string, make: typeof yardstick, seconds: number) {
  const of = (name: string, load: number, ...set: string[]) =>
    make(`${prefix} ${name}`, load, seconds, ...set)
  const change = (...args: Parameters<typeof of>) => changeOf(`${prefix} A`, of(...args))
  return { of, change }
}

function yardstickChanges(rounds: number, seconds: number): Session {
  const { of, change } = changesOf('yardstick', yardstick, seconds)
  return {
    name: 'yardstick-changes',
    rounds,
    cases: [
      of('A', 0.35),
      change('max batch 8 → 2', 0.35, pool('batching.max_batch', 2)),
      change('window 1 ms → 0', 0.35, pool('batching.max_delay_ms', 0)),
      change('one → two replicas', 0.35, pool('replicas', 2)),
      change('fp32 → int8', 0.35, pool('precision', 'int8')),
      of('A at half load', 0.5),
      changeOf('yardstick A at half load', of('load 0.5 → 0.8', 0.8)),
    ],
  }
}

function transformerChanges(rounds: number, seconds: number): Session {
  const { of, change } = changesOf('transformer', transformer, seconds)
  return {
    name: 'transformer-changes',
    rounds,
    cases: [
      of('A', 0.5),
      change('max batch 8 → 2', 0.5, pool('batching.max_batch', 2)),
      change('window 5 ms → 0', 0.5, pool('batching.max_delay_ms', 0)),
      change('load 0.5 → 0.8', 0.8),
      change('one → two replicas', 0.5, pool('replicas', 2)),
      change('median length 24 → 36', 0.5, 'traffic.checkout.input_tokens.median=36'),
      change('fp32 → int8', 0.5, pool('precision', 'int8')),
    ],
  }
}

const session = (name: string, rounds: number, set: readonly string[]): Session => ({
  name,
  rounds,
  cases: [{ name, scenario: name, set }],
})

/** The Azure trace is no part of the repository; SPILLWAY_AZURE_CODE may name where it is. */
function azure(rounds: number): Session[] {
  const trace = process.env.SPILLWAY_AZURE_CODE ?? fileOf('code')
  if (!existsSync(trace)) return []
  return [session('azure-code', rounds, [`traffic.code.arrivals.file=${resolve(trace)}`])]
}

/** The whole suite: about half an hour on two cores. */
export function wholeSuite(): readonly Session[] {
  return [
    session('payment-peak', 3, []),
    transformerChanges(5, 10),
    ...azure(3),
    session('ocr', 3, ['duration_s=25']),
    session('orientation', 3, []),
    rehearsed(transformer, '', 6, 8),
    yardstickChanges(5, 4.5),
    rehearsed(yardstick, `${HARD} `, 4, 5),
  ]
}

/** A part of it in about five minutes: the same checks with fewer data. */
export function quickSuite(): readonly Session[] {
  const changes = ['transformer A', 'max batch 8 → 2', 'window 5 ms → 0']
  const hard = ['yardstick A', 'window 1 ms → 0']
  return [
    only(transformerChanges(3, 8), changes),
    rehearsed(transformer, '', 3, 5),
    only(yardstickChanges(3, 4), hard),
  ]
}

/** Two cases that alternate, to compare lengths of slices. */
export interface Pair {
  readonly name: string
  readonly cases: readonly [Case, Case]
}

/** A case against itself, whose ratio is 1, and against a change. */
export function slicePairs(seconds: number): readonly Pair[] {
  const pairsOf = (name: string, make: typeof yardstick): Pair[] => {
    const { of, change } = changesOf(name, make, seconds)
    const [a, same] = [of('A', 0.5), of('A again', 0.5)]
    return [
      { name: `${name} A/A`, cases: [a, same] },
      { name: `${name} max batch 8 → 2`, cases: [a, change('max batch 8 → 2', 0.5, BATCH_2)] },
    ]
  }
  return [...pairsOf('transformer', transformer), ...pairsOf(HARD, yardstick)]
}

const BATCH_2 = pool('batching.max_batch', 2)

/** A pair with little traffic. */
export function smokePair(): Pair {
  const rate = 'traffic.web.arrivals={ process: poisson, rate_rps: 250 }'
  const { of } = changesOf(HARD, yardstick, 1)
  return { name: 'A/A', cases: [of('A', 0.1, rate), of('A again', 0.1, rate)] }
}

/** Some seconds of it, with little traffic on models that are opened once. */
export function smokeSuite(): readonly Session[] {
  const rate = (rps: number) => `traffic.web.arrivals={ process: poisson, rate_rps: ${rps} }`
  const { of, change } = changesOf('yardstick', yardstick, 2)
  const changed = [of('A', 0.1, rate(250)), change('250 → 300 requests/s', 0.1, rate(300))]
  const { cases, ...rehearsals } = rehearsed(yardstick, '', 2, 1.5)
  const few = cases.slice(0, 2).map(({ set, ...rest }) => ({ ...rest, set: [...set, rate(250)] }))
  return [
    { name: 'yardstick-changes', rounds: 3, cases: changed },
    { ...rehearsals, cases: few },
  ]
}

/** The cases of a session whose names end with one of these. */
function only({ cases, ...session }: Session, ends: readonly string[]): Session {
  return { ...session, cases: cases.filter(({ name }) => ends.some((end) => name.endsWith(end))) }
}
