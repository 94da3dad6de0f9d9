import type { Pool, Scenario, Work } from '../../../scenarios/schema/schema.ts'
import { type AcceleratedWork, isAccelerated } from '../../../scenarios/schema/takes-length.ts'
import { fittedOf, transfersOf } from '../transfer/transfer.ts'

/**
 * What is assumed of the accelerators of a scenario, without a measurement: a sentence for each
 * pool that has such figures.
 */
export function uncalibratedWarnings({ pools, models }: Scenario): string[] {
  return pools.flatMap((pool) => {
    const model = models[pool.model]!
    const times = 'work' in model ? uncalibratedTimes(pool, model.work) : []
    const all = [...assumedSpeed(model), ...times, ...uncalibratedPower(pool)]
    return all.length === 0 ? [] : [`pool ${pool.name}: uncalibrated: ${all.join('; ')}`]
  })
}

function assumedSpeed(model: Scenario['models'][string]): string[] {
  if (!('work' in model) || model.speed_factor === undefined) return []
  return [`service times (${model.speed_factor} times as fast as \`work\` states, by speed_factor)`]
}

/**
 * Whether the service times of all pools were measured: by a profile, or by a fit on the card and
 * at the precision of the pool. Work that is written by hand is not, even if it once was.
 */
export function hasMeasuredTimes(scenario: Scenario): boolean {
  const { pools, models } = scenario
  if (transfersOf(scenario).length > 0) return false
  return pools.every((pool) => {
    const model = models[pool.model]!
    if (!('work' in model)) return true
    return (
      fittedOf(model.work) !== undefined &&
      model.speed_factor === undefined &&
      uncalibratedTimes(pool, model.work).length === 0
    )
  })
}

function uncalibratedTimes(pool: Pool, work: Work): string[] {
  const fitted = fittedOf(work)
  const unknown = fitted !== undefined && fitted.accelerator === undefined
  return [
    ...(unknown ? ['service times (fitted on an unknown card)'] : []),
    ...(isAccelerated(work) ? uncalibratedRoofline(pool, work) : declaredSteps(pool, work)),
  ]
}

/** Of a card the price and the power are known, but not what a step takes on it. */
function declaredSteps({ accelerator }: Pool, work: Work): string[] {
  if (work.law !== 'generation' || typeof accelerator === 'string') return []
  if (work.fitted !== undefined) return []
  return [`times of a step (declared: they do not follow from ${accelerator.name})`]
}

function uncalibratedRoofline({ accelerator, precision }: Pool, work: AcceleratedWork): string[] {
  if (typeof accelerator === 'string') return []
  const at = precision === 'int4' ? 'fp16' : precision
  const peak = accelerator.tflops[at]
  const doubtful = [
    ...(peak !== undefined && peak.confidence !== 'checked' ? [`tflops.${at}`] : []),
    ...(accelerator.bandwidth_gb_s.confidence === 'checked' ? [] : ['bandwidth_gb_s']),
  ]
  return [
    ...(work.efficiency !== undefined
      ? []
      : ['service times (usual efficiencies, as the model has no `efficiency`)']),
    ...(doubtful.length === 0
      ? []
      : [`${doubtful.join(' and ')} of ${accelerator.name} (not checked)`]),
  ]
}

/** What is assumed of the power and heat of a pool. */
export function uncalibratedPower({ accelerator, power, heat }: Pool): string[] {
  if (power === undefined && typeof accelerator === 'string') return []
  const card = typeof accelerator === 'object' ? accelerator : null
  return [
    ...(power?.curve === undefined ? ['power of batches (the board power)'] : []),
    ...(power?.idle_w === undefined && card?.idle_w === undefined ? ['idle power'] : []),
    ...(power?.curve === undefined ? [] : unsure('power', power)),
    ...(power?.limit_w !== undefined && power.cap_curve === undefined
      ? ['slowdown under limit_w (the curve of other cards)']
      : []),
    ...(heat === undefined ? [] : unsure('heat', heat)),
  ]
}

/** A source says where figures are from, not that they were measured. */
function unsure(what: string, { source, confidence }: Sourced): string[] {
  if (source === undefined) return [`${what} (no source)`]
  return confidence === 'checked' ? [] : [`${what} (source not checked)`]
}

type Sourced = Pick<NonNullable<Pool['power']>, 'source' | 'confidence'>
