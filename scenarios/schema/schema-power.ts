import * as z from 'zod'
import { duration } from './schema-duration.ts'
import { batch, lazy, name, nonNegative, positive, share } from './schema-values.ts'

/** Power, heat and carbon of pools. */

const source = z
  .string()
  .max(1000)
  .optional()
  .describe('Where the figures are from; without it results mark them as uncalibrated.')
  .meta({ examples: ['our nvidia-smi log'] })

const confidence = z
  .enum(['checked', 'secondary', 'unverified'])
  .optional()
  .describe(
    'How sure the figures are, as in the catalogue: `checked` were measured here, or compared with ' +
      'their source. Any other, or none, leaves them marked as uncalibrated.',
  )
  .meta({ examples: ['checked'] })

const watts = positive.max(100_000)
const celsius = z.number().min(-50).max(200)

const powerPoint = lazy(() =>
  z
    .strictObject({
      batch: batch.describe('The number of requests in a batch, or of sequences in a step.'),
      power_w: watts.describe('The power of one accelerator that runs such batches.'),
    })
    .describe('A measured point of the power curve.'),
)

const capPoint = lazy(() =>
  z
    .strictObject({
      limit_share: share
        .min(0.01)
        .describe('The power limit as a share of the largest one of the accelerator.')
        .meta({ examples: [0.6] }),
      slowdown: positive
        .min(1)
        .max(1000)
        .describe('The time of a batch at this limit over its time at the largest one.')
        .meta({ examples: [1.2] }),
    })
    .describe('A point of the slowdown under a power limit.'),
)

export const power = lazy(() =>
  z
    .strictObject({
      idle_w: nonNegative
        .max(100_000)
        .optional()
        .describe(
          'The power of an accelerator without a batch. Without it, the catalogue value, or else ' +
            'an assumed share of the board power.',
        )
        .meta({ examples: [70] }),
      start_w: nonNegative
        .max(100_000)
        .optional()
        .describe(
          'The power of an accelerator while a replica of a scaled pool starts and loads its model. ' +
            'Without it, the idle power.',
        )
        .meta({ examples: [150] }),
      curve: z
        .array(powerPoint)
        .min(1)
        .max(1000)
        .optional()
        .describe(
          'The power by batch size, which rises. Power is linear in the logarithm of the size ' +
            'between points and constant beyond them. Without it, an assumed share of the board ' +
            'power at any size.',
        ),
      limit_w: watts
        .optional()
        .describe('The power limit that is set for each accelerator; batches take longer under it.')
        .meta({ examples: [400] }),
      cap_curve: z
        .array(capPoint)
        .min(2)
        .max(1000)
        .optional()
        .describe(
          'The slowdown by `limit_w`, rising in `limit_share`. Without it, the curve that was ' +
            'fitted on published training runs (docs/background/accelerators.md).',
        ),
      source,
      confidence,
    })
    .describe('The power of each accelerator of the pool, for energy, power limits and heat.'),
)

const throttleStep = lazy(() =>
  z
    .strictObject({
      above_c: celsius.describe('The temperature from which the step applies.'),
      clock: share
        .min(0.01)
        .describe('The clock as a share of the full one; batches take as much longer.'),
    })
    .describe('A throttling step.'),
)

export const heat = lazy(() =>
  z
    .strictObject({
      resistance_k_per_w: positive
        .max(10)
        .describe('The thermal resistance from the accelerator to its inlet air.'),
      time_constant_s: positive
        .max(1e6)
        .describe('The time in which 63 % of a change of the temperature is over.'),
      inlet_c: celsius
        .optional()
        .describe(
          'The temperature of the inlet air; not with `rack`, which has its own. Without both, 25.',
        )
        .meta({ examples: [27] }),
      rack: name.optional().describe('The entry of `racks` whose air the accelerators share.'),
      throttle: z
        .array(throttleStep)
        .max(20)
        .default([])
        .describe('Throttling steps, rising in temperature and falling in clock.'),
      hysteresis_k: z
        .number()
        .min(0.1)
        .max(50)
        .default(3)
        .describe('By how much the temperature falls below a step before that step ends.'),
      shutdown_c: celsius
        .optional()
        .describe(
          'The temperature at which an accelerator stops. Its replica is lost with its batch, as by ' +
            'a crash, until it has cooled to `restart_c` and has restarted.',
        )
        .meta({ examples: [92] }),
      restart_c: celsius
        .optional()
        .describe(
          'The temperature at which a stopped accelerator restarts; needed with `shutdown_c`.',
        )
        .meta({ examples: [70] }),
      restart_s: duration
        .optional()
        .describe(
          'The time from the moment at which the accelerator has cooled until its replica serves ' +
            'again, with its model loaded. Without it, none.',
        ),
      detection_s: nonNegative
        .optional()
        .describe(
          'The time until the control plane knows that the replica is down, by health checks, as of ' +
            'a crash. Without it, none.',
        )
        .meta({ examples: [30] }),
      source,
      confidence,
    })
    .describe('The temperature of each accelerator of the pool, and what it does to the clock.'),
)

export const rack = lazy(() =>
  z
    .strictObject({
      name: name.describe('The name of the rack, for `heat.rack` of pools.'),
      supply_c: celsius.describe('The temperature of the air that the room supplies.'),
      recirculation_k_per_kw: nonNegative
        .max(100)
        .describe('By how much the inlet air gets warmer for each kW that the rack gives off.'),
      time_constant_s: positive
        .max(1e6)
        .describe('The time in which 63 % of a change of the inlet temperature is over.'),
    })
    .describe('A rack, whose accelerators share their inlet air.'),
)

export const carbon = lazy(() =>
  z
    .strictObject({
      grid_g_per_kwh: nonNegative
        .max(10_000)
        .describe('The carbon intensity of the electricity, in g of CO2 equivalent for each kWh.'),
      pue: positive
        .min(1)
        .max(10)
        .default(1)
        .describe('The power of the whole site over that of its computers.'),
    })
    .describe('The carbon intensity of the electricity, for results of pools with `power`.'),
)
