import type { Scenario } from '../../scenarios/index.ts'
import { exp, log, type Random, sum } from '../../sim/kernel/index.ts'
import { Md1Wait } from '../../sim/theory/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { madeUpProfile } from '../../test/profiles.ts'

/** How a model was calibrated on a machine that is another one on every occasion. */
export interface CalibratedMachine {
  readonly occasions: number
  /** standard deviation of the logarithm of its speed on an occasion */
  readonly scatter: number
}

/** What a planner gets: the mean work of some occasions, and how they differed. */
export function calibratedProfile(
  scenario: Scenario,
  { occasions, scatter }: CalibratedMachine,
  { serviceMs, random }: { readonly serviceMs: number; readonly random: Random },
): Profile {
  const speeds = Array.from({ length: occasions }, () => exp(scatter * random.normal()))
  const mean = exp(sum(speeds.map((speed) => log(speed))) / occasions)
  const { models, ...profile } = madeUpProfile(scenario)
  return {
    ...profile,
    models: models.map((model) => ({
      ...model,
      work: { sizes: [1], lengths: [1], ms: [[serviceMs / mean]], error: [[0]] },
      widths: {
        regions: [{ fromSize: 1, toSize: 1, fromLength: 1, toLength: 1, error: null }],
        occasions: speeds.map((speed) => {
          return { calibration: 'made up', speeds: [speed / mean], idle: null }
        }),
        levels: [],
      },
    })),
  }
}

/** Its service time on a next occasion, ms. */
export const nextServiceMs = (
  { scatter }: CalibratedMachine,
  { serviceMs, random }: { readonly serviceMs: number; readonly random: Random },
): number => serviceMs / exp(scatter * random.normal())

/** Quantiles of sojourns in M/D/1, ms; `rate` in requests/s. */
export function md1Sojourn(serviceMs: number, rate: number): (p: number) => number {
  const wait = new Md1Wait({ arrivalRate: rate / 1000, service: serviceMs })
  return (p) => serviceMs + wait.quantile(p)
}
