import * as z from 'zod'
import { headOf, number, numberOrNull, scenarioRef } from './document-parts.ts'
import { hostSchema } from './host-document.ts'

/**
 * What idle time costs executors of a machine: how much longer batches take after it. Times are
 * milliseconds unless the key has another unit.
 */

const idleTime = z
  .strictObject({
    idle_ms: number.describe('Idle time before each batch, ms.'),
    ms: number.describe('Time of a batch after it, median, ms.'),
    busy: number.describe('Share of the time that the executor is then in batches, 0 to 1.'),
    factor: number.describe('Time of a batch over that of batches back to back.'),
    low: numberOrNull.describe('Lower end of its 95 % interval over passes; null for one pass.'),
    high: numberOrNull.describe('Upper end of its 95 % interval over passes; null for one pass.'),
    passes: number.describe('Passes that have this idle time.'),
  })
  .describe('Batches after one idle time.')

const shape = z
  .strictObject({
    pool: z.string().describe('Name of the pool, whose first executor was measured.'),
    size: number.describe('Requests of a batch.'),
    length: number.describe('Padded length of each request.'),
    back_to_back_ms: number.describe('Time of a batch right after another one, median, ms.'),
    after: z.array(idleTime).describe('Batches after idle times, by rising idle time.'),
  })
  .describe('Batches of one shape.')

export const idleSchema = z
  .strictObject({
    ...headOf('spillway-idle'),
    scenario: scenarioRef.describe('Scenario whose models were measured.'),
    host: hostSchema.describe('Machine that was measured.'),
    seconds: number.describe('Duration of the measurement, s.'),
    shapes: z
      .array(shape)
      .describe('Batches of a single request and of the usual size, for each pool.'),
    warnings: z.array(z.string()).describe('What was measured otherwise than asked for.'),
  })
  .describe('Cost of idle time of the executors of a scenario.')

export type Idle = z.infer<typeof idleSchema>
