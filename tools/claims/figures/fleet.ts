import { z } from 'zod'

const difference = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })

/** Replica-hours of `predictive` over those of other scalers, less 1, for the same share in time. */
export const fleetFigures = z.strictObject({
  studies: z.array(
    z.strictObject({
      name: z.string(),
      /** share of the decisions of `predictive` that follow a forecast */
      byForecast: z.number(),
      against: z.strictObject({
        recentRate: difference,
        hpa: difference,
        keda: difference,
      }),
    }),
  ),
})
export type FleetFigures = z.infer<typeof fleetFigures>
