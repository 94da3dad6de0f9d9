import { z } from 'zod'
import type { Study } from '../../articles/fleet/scaling.ts'

/** Replica-hours of the scaler `predictive` against other scalers, for the same share in time. */
export const fleetFigures = z.strictObject({
  studies: z.array(
    z.strictObject({
      traffic: z.string(),
      /** time in which a replica starts */
      startS: z.number(),
      /** share of the decisions that follow a forecast */
      byForecast: z.number(),
      /** replica-hours over those of another policy, less 1, with its 95 % interval */
      against: z.array(
        z.strictObject({
          policy: z.string(),
          value: z.number(),
          low: z.number().nullable(),
          high: z.number().nullable(),
        }),
      ),
    }),
  ),
})
export type FleetFigures = z.infer<typeof fleetFigures>

export function figuresOfFleet(studies: readonly Study[]): FleetFigures {
  return {
    studies: studies.map(({ name, startS, rows: [predictive, ...others] }) => ({
      traffic: name,
      startS,
      byForecast: predictive!.forecasts,
      against: others.map(({ policy, hoursLess: { value, low, high } }) => {
        return { policy, value, low, high }
      }),
    })),
  }
}
