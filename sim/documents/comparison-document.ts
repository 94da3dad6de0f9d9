import * as z from 'zod'
import { check } from './check.ts'
import {
  command,
  estimate,
  headOf,
  number,
  numberOrNull,
  profileRef,
  scenarioRef,
  verdict,
} from './document-parts.ts'
import { memoryComparison } from './memory-comparison.ts'
import { percentileComparison } from './percentile-comparison.ts'
import { stepWindow } from './step-window.ts'
import { stability } from './system-figures.ts'
import { spoiled, whatIf } from './what-if-document.ts'

/** The document of a comparison: simulated and measured figures for the same requests. */

/** Times of a fixed piece of work: they tell a change of the machine from a wrong profile. */
const controlKernel = z.strictObject({
  pools: z
    .array(
      z
        .strictObject({
          pool: z.string().describe('Name of the pool.'),
          profile_ms: numberOrNull.describe(
            'Time of the control kernel when the speed of the profile was recorded, ms: ' +
              'the median over recordings. Null where one was not timed.',
          ),
          replays_ms: numberOrNull.describe(
            'Time of the control kernel just before the traffic of the replays, ms: the median ' +
              'over replays. Null where one was not timed.',
          ),
        })
        .describe('Times on the executors of one pool.'),
    )
    .describe('Times on the executors of each pool whose speed is from the profile.'),
  unknown: z
    .string()
    .nullable()
    .describe('Reason why the drift is not known; null where it is known.'),
  machine_unknown: z
    .string()
    .optional()
    .describe(
      'Why no time can show whether the machine is as fast as when its profile was recorded, and ' +
        'what to do: errors of predictions are then UNDECIDED. Absent where times of the control ' +
        'kernel show it, where no pool is measured, and where all are on accelerators of the ' +
        'host of the profile, on which it does not run.',
    ),
})

/** Percentiles without the requests that met a stall of the machine; compared as those of all. */
const stallFree = z.strictObject({
  share: z
    .strictObject({
      simulated: estimate.describe(
        'Share in simulations, 0 to 1: the median over replications, with the middle 95 % of ' +
          'them as interval. The fewest requests of a replication are n.',
      ),
      measured: estimate.describe(
        'Share in replays, 0 to 1: the mean over those that count, with the smallest and the ' +
          'largest as interval. The fewest requests of a replay are n.',
      ),
    })
    .describe('Share of the served requests that met no stall.'),
  percentiles: z
    .array(percentileComparison)
    .describe('Comparison at each percentile that these requests support.'),
  checks: z
    .strictObject({
      structure: check.describe('Check of the structure errors of these requests.'),
      prediction: check.describe('Check of the predictions of these requests.'),
    })
    .describe('Checks of these requests, which are no part of the verdict of the comparison.'),
})

/** A token time, compared as the latency is. */
const tokenTime = z.strictObject({
  percentiles: z
    .array(percentileComparison)
    .describe('Comparison at each percentile that the requests with this time support.'),
  checks: z
    .strictObject({
      structure: check
        .nullable()
        .describe('Check of the structure errors; null where a server hides them.'),
      prediction: check.describe('Check of the predictions.'),
    })
    .describe('Checks of this time, which are part of the verdict of the comparison.'),
})

const tokenTimes = z.strictObject({
  ttft: tokenTime.describe('Time to first token: from the scheduled arrival to the first token.'),
  tpot: tokenTime
    .optional()
    .describe(
      'Time per output token: from the first token to the last, over the number of tokens after ' +
        'the first. Absent where no request has more than one token.',
    ),
})

const checks = z.strictObject({
  structure: check
    .nullable()
    .describe(
      'Check of the structure errors of all requests; null where a server hides what it does with ' +
        'them.',
    ),
  what_if: check.nullable().describe('Check of the effect of a change; null without a change.'),
  prediction: check.describe('Check of the predictions of all requests.'),
  memory: check
    .nullable()
    .describe(
      'Check of reserved memory: the model of the arena, with the same batches, against the ' +
        'real one. Null where no arena was observed.',
    ),
  audit: check.describe('Check of the rules of the scenario by the independent audit.'),
})

export const comparisonSchema = z
  .strictObject({
    ...headOf('spillway-comparison'),
    scenario: scenarioRef.describe('Scenario of the replays; with a change, that of side A.'),
    seed: number.describe('Seed of all random streams.'),
    profile: profileRef.describe('Profile of the predictions.'),
    requests: z.string().describe('Hash of the requests of the replays.'),
    replays: number.describe('Number of replays.'),
    not_counted: z
      .array(
        z
          .strictObject({ replay: number.describe('Number of the replay, from 0.'), ...spoiled })
          .describe('One replay that does not count.'),
      )
      .describe('Replays that are no evidence; they are in no figure unless none counts.'),
    not_seen: z
      .string()
      .optional()
      .describe(
        'What the replays do not show, as it happens on a server: errors have no parts then. Absent ' +
          'where executors are seen.',
      ),
    replications: number.describe('Number of replications of the prediction.'),
    tolerance: z
      .strictObject({
        relative: number.describe('Tolerated error as a share of the measured latency.'),
        absolute_ms: number.describe('Tolerated error, ms.'),
      })
      .describe('Structure error that is tolerated: the larger of both.'),
    percentiles: z
      .array(percentileComparison)
      .describe('Comparison at each percentile that all served requests support.'),
    token_times: tokenTimes
      .optional()
      .describe(
        'The same comparison of the times of tokens; absent where no tokens are generated.',
      ),
    steps: stepWindow
      .optional()
      .describe(
        'Single steps of the engines, in the busiest second of the first replay that counts or less; ' +
          'absent where no tokens are generated.',
      ),
    stall_free: stallFree
      .optional()
      .describe(
        'Comparison of the requests that met no recorded stall of the dispatcher or of an executor ' +
          'of their station; absent where tokens are generated.',
      ),
    stability: z
      .strictObject({
        predicted: stability.describe('State in the replications of the prediction.'),
        measured: stability.describe('State in the replays.'),
      })
      .describe(
        'Whether the system keeps up with its traffic; percentiles of an overloaded run depend ' +
          'on its duration.',
      ),
    control_kernel: controlKernel.describe('Times of the control kernel, a fixed piece of work.'),
    what_if: whatIf
      .nullable()
      .describe('Effect of a change from A to B; null where one scenario was replayed.'),
    memory: z
      .array(memoryComparison)
      .nullable()
      .describe(
        'Arenas of the first replay and the model of them; null where no pool has an arena that ' +
          'can be observed.',
      ),
    checks: checks.describe('Checks of the comparison.'),
    verdict: verdict.describe('Worst verdict of the checks.'),
    command,
  })
  .describe('Comparison of replays with simulations of the same requests.')

export type ControlKernel = z.infer<typeof controlKernel>
export type TokenTimeComparison = z.infer<typeof tokenTime>
export type StallFree = z.infer<typeof stallFree>
export type Comparison = z.infer<typeof comparisonSchema>
