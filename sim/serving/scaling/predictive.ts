import type { Ms } from '../ports.ts'
import { OnlineForecast } from './forecast/online-forecast.ts'
import { FEWEST_FORECASTS } from './forecast/skill.ts'
import { Recent } from './recent.ts'
import type { PlanOf } from './scaling-plan.ts'
import { poolFigure, replicasText, scalingPolicy, short } from './scaling-policy.ts'

interface Predictive {
  readonly forecast: OnlineForecast
  readonly recentNeeds: Recent
  nextSample: Ms
  /** the last rate that was delivered */
  rate: number
}

/** The step, from the next one on, in which a replica that is asked for now begins to serve. */
const horizonOf = ({ leadS, stepS }: PlanOf<'predictive'>) => Math.floor(leadS / stepS) + 1

/**
 * Acts before the need: forecasts the rate at the time at which a replica that is asked for now
 * would serve, adds the headroom that the errors of past forecasts call for, and converts it to
 * replicas. Where its forecasts are no better than the recent rate, it scales by that (with the
 * headroom that this calls for) or by the forecast, whichever is more, and states it.
 */
export const predictive = scalingPolicy<'predictive', Predictive>({
  kind: 'predictive',
  intervalMs: ({ intervalS }) => 1000 * intervalS,
  needs: ({ stepS }) => [
    { metric: 'rate_rps', windowMs: 1000 * stepS, statistic: 'mean', of: 'pool' },
  ],
  begin(plan) {
    const { stepS, periodS, seasonStepS, refitS, seasonality, historyPeriods, downDelayS } = plan
    const periodSteps = Math.round(periodS / stepS)
    const forecast = new OnlineForecast({
      seasonality,
      periodSteps,
      bins: Math.max(1, Math.min(periodSteps, Math.round(periodS / seasonStepS))),
      horizon: horizonOf(plan),
      refitSteps: Math.max(1, Math.round(refitS / stepS)),
      historyPeriods,
    })
    for (const rate of plan.historyRps) forecast.observe(rate)
    return {
      forecast,
      recentNeeds: new Recent(1000 * downDelayS),
      nextSample: 1000 * stepS,
      rate: Number.NaN,
    }
  },
  decide(plan, state, view) {
    const { now, wanted } = view
    const figure = poolFigure(view, 0)
    if (!Number.isNaN(figure)) state.rate = figure
    if (now >= state.nextSample) {
      state.nextSample += 1000 * plan.stepS
      state.forecast.observe(figure)
    }
    if (Number.isNaN(state.rate)) return { replicas: wanted, reason: 'no metric was delivered' }
    const { rps, text } = expectedRate(plan, state)
    const needed = Math.ceil(rps / plan.capacityRps)
    const reason = `${text} / ${short(plan.capacityRps)} = ${replicasText(needed)}`
    if (plan.downDelayS === 0) return { replicas: needed, reason }
    state.recentNeeds.record(now, needed)
    const replicas = state.recentNeeds.reduce(now, 1000 * plan.downDelayS, Math.max, needed)
    const held = replicas === needed ? '' : `; ${replicas} kept for the scale-down delay`
    return { replicas, reason: `${reason}${held}` }
  },
})

/** The rate to provide for, with its explanation. */
function expectedRate(plan: PlanOf<'predictive'>, { forecast, rate }: Predictive) {
  const { skill, errors, level } = forecast
  const horizon = horizonOf(plan)
  let peak = 0
  for (let step = 1; step <= horizon; step++) peak = Math.max(peak, forecast.forecast(step))
  const lasting = lastingRate(plan, forecast, rate)
  if (!skill.decided) {
    const wait = forecast.stepsToFirst
    const cause =
      wait > 0 ? `first forecast in ${wait * plan.stepS} s` : 'too few forecasts to judge them'
    return { rps: lasting.rps, text: `reactive, ${cause}: ${lasting.text}` }
  }
  const compared = `mean error ${short(errors.fitted.mean)}/s, without a change ${short(errors.flat.mean)}/s`
  if (skill.better) {
    const room = errors.fitted.headroom(plan.quantile)
    const text = `forecast ${short(peak)}/s in ${plan.leadS} s + ${percent(room)} (${compared})`
    const ahead = peak * (1 + room)
    const least = Math.min(rate, level)
    return ahead >= least
      ? { rps: ahead, text }
      : { rps: least, text: `rate ${short(least)}/s, ${text}` }
  }
  const why = `reactive, forecasts are no better than the recent rate (${compared})`
  return lasting.rps >= peak
    ? { rps: lasting.rps, text: `${why}: ${lasting.text}` }
    : { rps: peak, text: `${why}, the forecast is more: ${short(peak)}/s` }
}

/** The recent rate with the headroom that its past changes call for, or the stated one at first. */
function lastingRate(
  { quantile, headroom }: PlanOf<'predictive'>,
  forecast: OnlineForecast,
  rate: number,
) {
  const { errors, level } = forecast
  const hasErrors = errors.flat.count >= FEWEST_FORECASTS
  const room = hasErrors ? errors.flat.headroom(quantile) : headroom
  const base = hasErrors ? level : rate
  return { rps: base * (1 + room), text: `rate ${short(base)}/s + ${percent(room)}` }
}

const percent = (share: number) => `${short(100 * share)} %`
