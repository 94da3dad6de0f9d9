import { exp, log, sum } from '../../kernel/index.ts'
import { studentTQuantile } from '../../stats/index.ts'
import { fieldsOf, levelOf, type RecordedField } from '../../world/index.ts'
import type { IdleChange } from './idle-cost.ts'
import { type Factors, widenedBy } from './joint-interval.ts'

/** A pool of a change, whose speed on B is predicted from that of A. */
export interface ChangedPool {
  readonly replicas: { readonly a: number; readonly b: number }
  /** share of the time that its executors are in batches, as predicted of each side */
  readonly busy: { readonly a: number; readonly b: number }
  /** fields, of any number of replicas: with those of A's replays, of the profile, and of B */
  readonly recorded: readonly RecordedField[]
  readonly profile: readonly RecordedField[]
  readonly predicted: readonly RecordedField[]
  /** by what idle time changes the speed, which the prediction has; null where nothing shows it */
  readonly probed: IdleChange | null
  /** whether its executors are on the processor, as the control kernel is */
  readonly onProcessor: boolean
  /** what is not known of the work of B's model; null for nothing, and for the model of A */
  readonly work: Factors | null
}

/** Speeds that B may have, as multiples of the predicted one, and why. */
export interface SpeedRange extends Factors {
  readonly reasons: readonly string[]
  /** what would narrow them, each to follow "to narrow it, " */
  readonly remedies: readonly string[]
}

type Source = Factors & { readonly reason: string; readonly remedy: string }

/**
 * What is not known of the speed of B. A's replays show the machine at the time, but not how much
 * faster executors are that are idle less often, not how more of them share its cores, and not how
 * long batches of another model take.
 */
export function changedSpeed(pool: ChangedPool): SpeedRange {
  const idle = pool.probed === null ? idleSource(pool) : probedSource(pool.probed)
  return rangeOf([idle, replicasSource(pool), workSource(pool.work)])
}

/** The same of a pool that nothing on A's machine is beside: on another host, or new in B. */
export function unrelatedSpeed({
  replicas,
  predicted,
  work,
}: Pick<ChangedPool, 'predicted' | 'work'> & { readonly replicas: number }): SpeedRange {
  return rangeOf([unrecordedReplicas(predicted, replicas), workSource(work)])
}

const workSource = (work: Factors | null): Source | null =>
  work && {
    ...work,
    reason: 'the speed of its model is uncertain',
    remedy: 'calibrate its model',
  }

function rangeOf(all: readonly (Source | null)[]): SpeedRange {
  const sources = all.filter((source) => source !== null)
  const { low, high } = widenedBy({ value: 1, low: 1, high: 1 }, sources)
  return {
    low: low!,
    high: high!,
    reasons: sources.map(({ reason }) => reason),
    remedies: sources.map(({ remedy }) => remedy),
  }
}

/** Executors whose shares of busy time differ by less are idle as often. */
const AS_BUSY = 0.02
/** Recordings whose shares differ by less show nothing of what idle time does. */
const APART = 0.1
/** Speeds that differ by less do not matter. */
const LEAST = 0.005

/** What idle time costs now, and how to know it better. */
const DOCTOR = '`spillway doctor --idle` measures executors after idle times, in 20 s or two passes'

/** Probes between slices show what idle time costs at the time, as well as they agree. */
function probedSource({ factor, low, high, passes }: IdleChange): Source | null {
  const ends = { low: low / factor, high: high / factor }
  if (Math.max(-log(ends.low), log(ends.high)) < LEAST) return null
  const [below, above] = [ends.low, ends.high].map((end) => Math.round(100 * Math.abs(end - 1)))
  const width = `−${below} and +${above} %, by ${passes} passes of probes`
  return {
    ...ends,
    reason: `what idle time costs executors is known to ${width}`,
    remedy: `play more rounds, between whose slices executors are probed (${DOCTOR})`,
  }
}

/**
 * Executors may be slower after idle times, as others use the cache meanwhile (design/010). How
 * much so changes from minute to minute. Of B it is between nothing and all that recordings show:
 * those of the profile at other loads, and its work, which is measured back to back.
 */
function idleSource({ busy, replicas, onProcessor, ...fields }: ChangedPool): Source | null {
  const change = busy.b - busy.a
  if (!(Math.abs(change) > AS_BUSY)) return null
  // fields of other numbers of replicas are of about B's load, with what idling costs there
  if (executorsOf(fields.predicted) !== executorsOf(fields.recorded)) return null
  const [recorded, others] = [fields.recorded, fields.profile].map((of) => fieldsOf(of, replicas.a))
  // an accelerator may be as fast as it was where the processor is not
  const timed =
    onProcessor && [...recorded!, ...others!].every(({ controlMs }) => controlMs !== undefined)
  const speedOf = timed ? speedByControl : level
  const pointOf = (field: RecordedField) => ({ busy: busyShare(field), speed: speedOf(field) })
  const points = recorded!.map(pointOf)
  const here = {
    busy: mean(points.map((point) => point.busy)),
    speed: mean(points.map((point) => point.speed)),
  }
  // the work has level 1
  const backToBack = { busy: 1, speed: timed ? controlOf(others!) : 0 }
  const differences = [...others!.map(pointOf), backToBack].flatMap((point) => {
    const apart = Math.sign(change) * (point.busy - here.busy)
    return apart >= APART ? [Math.sign(change) * (point.speed - here.speed)] : []
  })
  const most = Math.max(0, ...differences)
  if (most < LEAST) return null
  const percent = (factor: number) => `${Math.round(100 * Math.abs(factor - 1))} %`
  const remedy = `replay again with a probe between slices (${DOCTOR})`
  if (change < 0) {
    const low = exp(-most)
    const reason = `executors of B are idle more often, and may be up to ${percent(low)} slower for that`
    return { low, high: 1, reason, remedy }
  }
  const high = exp(most)
  const reason = `executors of B are idle less often, and may be up to ${percent(high)} faster for that`
  return { low: 1, high, reason, remedy }
}

/**
 * What so many replicas may have of the speed of those that a recording has beside one another: of
 * more, each may have its part of cores, caches or an accelerator. Null where one has as many.
 */
function unrecordedReplicas(fields: readonly RecordedField[], replicas: number): Source | null {
  const ratios = fieldsOf(fields, replicas).map(({ executors }) => executors.length / replicas)
  if (ratios.includes(1)) return null
  const reason = `no recording has ${replicas} replicas beside one another`
  const remedy = 'calibrate with the replicas of B'
  return { low: Math.min(1, ...ratios), high: Math.max(1, ...ratios), reason, remedy }
}

/** The speed of other numbers of replicas is that of the profile's few fields with so many. */
function replicasSource({ replicas, profile, predicted }: ChangedPool): Source | null {
  if (replicas.a === replicas.b) return null
  const unrecorded = unrecordedReplicas(predicted, replicas.b)
  if (unrecorded !== null) return unrecorded
  const sides = [fieldsOf(profile, replicas.a), fieldsOf(profile, replicas.b)]
  const [a, b] = sides.map((of) => of[0]?.executors.length)
  if (a === b) return null
  const deviations = sides.flatMap((of) => {
    const levels = of.map(level)
    return levels.map((value) => value - mean(levels))
  })
  const degrees = deviations.length - sides.length
  if (degrees < 1) return null
  const deviation = Math.sqrt(sum(deviations.map((of) => of ** 2)) / degrees)
  const used = fieldsOf(predicted, replicas.b).length
  const error = deviation * Math.sqrt(1 / used + 1 / sides[0]!.length)
  const half = studentTQuantile(0.975, degrees) * error
  if (half < LEAST) return null
  const reason = `the speed of ${replicas.b} replicas beside one another is known to ±${Math.round(100 * (exp(half) - 1))} %`
  const remedy = 'run `spillway calibrate` just before the replays, with the replicas of B'
  return { low: exp(-half), high: exp(half), reason, remedy }
}

const executorsOf = (fields: readonly RecordedField[]) => fields[0]?.executors.length

function busyShare({ executors, durationMs }: RecordedField): number {
  return sum(executors.map(({ busyMs }) => busyMs)) / (executors.length * durationMs)
}

/** On the log scale. */
const level = (field: RecordedField) => log(levelOf(field))

/** The same by that of the control kernel, so that a drift of the machine cancels. */
const speedByControl = (field: RecordedField) => level(field) + log(field.controlMs!)

/** The same of the profile's work, whose level is 1. */
const controlOf = (fields: readonly RecordedField[]) =>
  mean(fields.map(({ controlMs }) => log(controlMs!)))

const mean = (values: readonly number[]) => sum(values) / values.length
