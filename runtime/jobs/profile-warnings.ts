import { idleHalfWidth, occasionsOf, speedHalfWidth } from '../../sim/experiment/index.ts'
import { exp, log, significant, sum } from '../../sim/kernel/index.ts'
import type { ModelProfile } from '../../sim/world/index.ts'
import { shapesText } from '../calibration/index.ts'
import type { System } from './prepare.ts'

/** A calibration on a still machine predicts its cells from one another within a fifth. */
const MOST_ERROR = 0.5

/** Occasions of one calibration are rarely more than some percent apart. */
const MOST_APART = 0.25

/** A warning for each model with badly measured work, or with recordings of a disturbed machine. */
export function profileWarnings(models: readonly (ModelProfile | null)[]): string[] {
  return distinct(models).flatMap((model) => {
    const { label, fields } = model
    return [
      ...workWarnings([model]),
      ...apartWarnings(model),
      ...(fields.every(({ disturbed }) => disturbed)
        ? [
            `${label}: other programs used the machine whenever its speed was recorded, so stalls of theirs are in every figure; ${AGAIN}`,
          ]
        : []),
    ]
  })
}

/** Whether the last calibration met another machine on each of its occasions. */
function apartWarnings({ label, widths }: ModelProfile): string[] {
  const last = widths?.occasions.at(-1)?.calibration
  const speeds = (widths?.occasions ?? [])
    .filter(({ calibration }) => calibration === last)
    .map((occasion) => sum(occasion.speeds.map((speed) => log(speed))) / occasion.speeds.length)
  if (speeds.length < 2) return []
  const apart = exp(Math.max(...speeds) - Math.min(...speeds)) - 1
  if (apart <= MOST_APART) return []
  const percent = (100 * apart).toFixed(0)
  return [
    `${label}: of ${speeds.length} occasions of its calibration the fastest was ${percent} % faster than the slowest; ${AGAIN}`,
  ]
}

/** "within ± 6 % between 4 occasions": the width of the speed of a model, for people. */
export function speedWidthText(model: ModelProfile): string {
  const half = speedHalfWidth(model)
  const { occasions, calibrations } = occasionsOf(model)
  if (half === null) {
    const why =
      occasions === 0 ? 'an earlier version measured it' : 'it was measured on one occasion'
    return `of no known width, as ${why}`
  }
  const of = calibrations > 1 ? ` of ${calibrations} calibrations` : ''
  return `${rangeText(half)} between ${occasions} occasions${of}`
}

function rangeText(half: number): string {
  const times = exp(half)
  if (times > 2) return `within a factor of ${significant(times, 2)}`
  return `within ± ${significant(100 * (times - 1), 2)} %`
}

/** "0.5 to 1.5 times that on other occasions"; null where that is not known. */
export function idleWidthText(model: ModelProfile): string | null {
  const half = idleHalfWidth(model)
  if (half === null) return null
  const [low, high] = [Math.max(0, 1 - half), 1 + half].map((times) => significant(times, 2))
  return `${low} to ${high} times that on other occasions`
}

/** Those of them that are about times of batches or steps, and so about capacities. */
export function workWarnings(models: readonly (ModelProfile | null)[]): string[] {
  return distinct(models).flatMap(({ label, work, steps }) => {
    const [times, shapes] =
      steps === undefined
        ? ['batch times', shapesText(work)]
        : [
            'step times',
            `steps of ${work.sizes.join(', ')} sequences at contexts ${work.lengths.join(', ')}`,
          ]
    const error = Math.max(...work.error.flat().map(Math.abs))
    const percent = (100 * error).toFixed(0)
    return [
      ...(error > MOST_ERROR
        ? [
            `${label}: its ${times} do not fit together (one is ${percent} % off what the others predict); ${AGAIN}`,
          ]
        : []),
      ...(isUnchecked(work)
        ? [
            `${label}: only ${shapes} are measured, and none of them can be checked by the others; ${LONGER}`,
          ]
        : []),
    ]
  })
}

const distinct = (models: readonly (ModelProfile | null)[]) => [
  ...new Set(models.filter((model) => model !== null)),
]

/** Whether times between shapes are interpolated, with no shape between that shows how well. */
export function isUnchecked({ sizes, lengths }: ModelProfile['work']): boolean {
  if (sizes.length > 2 || lengths.length > 2) return false
  return sizes.at(-1)! - sizes[0]! > 1 || lengths.at(-1)! > lengths[0]!
}

const LONGER = 'calibrate again, for longer'

const AGAIN =
  'calibrate again, for longer or on a stiller machine, which `spillway doctor --noise` measures'

/** A warning for each class whose trace ends before the run. */
export function traceEndWarnings({
  scenario,
  traces,
}: Pick<System, 'scenario'> & {
  readonly traces: ReadonlyMap<number, { readonly spanMs: number }>
}) {
  return scenario.traffic.flatMap(({ class: name, arrivals }, i) => {
    const survey = traces.get(i)
    if (arrivals.process !== 'trace' || arrivals.load !== undefined || survey === undefined) {
      return []
    }
    const endS = (survey.spanMs / 1000) * (arrivals.time_scale ?? 1)
    // the last gap of a trace is not known
    return endS < 0.9 * scenario.duration_s
      ? [
          `${name}: its trace ends after ${Number(endS.toPrecision(3))} s, and nothing arrives until duration_s ${scenario.duration_s}`,
        ]
      : []
  })
}

/**
 * A warning where models that are compared, or that one simulation uses, were measured on different
 * occasions: a machine drifts by some percent from minute to minute.
 */
export function occasionWarnings(all: readonly (ModelProfile | null)[]): string[] {
  const profiles = all.filter((model) => model !== null)
  const models = new Map(profiles.map((model) => [model.occasion, model]))
  if (models.size < 2) return []
  const named = [...models].map(([occasion, model]) => {
    const width = speedHalfWidth(model)
    return `${model.label} (${occasion}${width === null ? '' : `, speed ${rangeText(width)}`})`
  })
  return [
    `the work of models was measured on different occasions: ${named.join(', ')}; ` +
      'calibrate them in turn with `spillway calibrate --variant`, or in one `spillway run --against-set`',
  ]
}
