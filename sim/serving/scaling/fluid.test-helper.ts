import { oracleReplicas, type Regret, regret, Scaler, type ScalingPlan } from './index.ts'

export interface FluidRun {
  readonly serving: readonly number[]
  readonly paid: readonly number[]
  readonly reasons: readonly string[]
}

/**
 * A pool of a fluid: a policy sees the rate of the step before, and replicas serve `leadSteps`
 * after they were asked for. Replicas that are starting are given up first.
 */
export function fluid(
  plan: ScalingPlan,
  rates: readonly number[],
  {
    stepS,
    leadSteps,
    first,
  }: { readonly stepS: number; readonly leadSteps: number; readonly first: number },
): FluidRun {
  const scaler = new Scaler(plan)
  const wantedOf = [first]
  const serving: number[] = []
  const reasons: string[] = []
  for (const [i] of rates.entries()) {
    const wanted = wantedOf.at(-1)!
    const ready = Math.min(...wantedOf.slice(-leadSteps - 1))
    const figures = scaler.needs.map(({ of }) => {
      const rate = rates[i - 1] ?? Number.NaN
      return of === 'pool' ? [rate] : Array.from({ length: ready }, () => rate / ready)
    })
    const view = { now: 1000 * stepS * i, ready, starting: wanted - ready, wanted, figures }
    const { replicas, reason } = scaler.decide(view)
    wantedOf.push(replicas)
    reasons.push(reason)
    serving.push(Math.min(...wantedOf.slice(-leadSteps - 1)))
  }
  return { serving, paid: wantedOf.slice(1), reasons }
}

/**
 * The regret of a fluid run where a replica serves `capacity`; the first `skip` steps are left out.
 */
export function fluidRegret(
  run: FluidRun,
  rates: readonly number[],
  options: {
    readonly capacity: number
    readonly stepS: number
    readonly leadSteps: number
    readonly skip: number
  },
): Regret {
  const { capacity, stepS, leadSteps, skip } = options
  const needed = (rate: number) => Math.max(1, Math.ceil(rate / capacity))
  const oracle = oracleReplicas(rates, { needed, leadSteps })
  const after = (of: {
    readonly paid: readonly number[]
    readonly serving: readonly number[]
  }) => ({
    paid: of.paid.slice(skip),
    serving: of.serving.slice(skip),
  })
  return regret(after(run), after(oracle), { stepS, priceUsdPerHour: 2 })
}
