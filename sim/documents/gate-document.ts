import * as z from 'zod'
import { command, headOf, number, numberOrNull, profileRef, verdict } from './document-parts.ts'
import { measuredGate } from './measured-gate.ts'
import { uncertainInput } from './uncertainty-document.ts'

/** The documents of `spillway gate`: did it get worse? */

export const gateVerdict = z.enum(['PASS', 'IMPROVED', 'FAIL', 'UNDECIDED'])
export const caseVerdict = z.enum([...gateVerdict.options, 'NEW', 'NOT COMPARABLE'])

const metricName = {
  class: z
    .string()
    .nullable()
    .describe('Name of the class; null for a metric of the whole scenario.'),
  name: z.string().describe('Name of the metric, such as p99, or the text of an objective.'),
  unit: z
    .enum(['ms', 'share', 'usd', 'mib', 'ratio'])
    .describe('Unit of the figures: ms, a share of 1, USD, MiB, or a ratio.'),
  better: z.enum(['lower', 'higher']).describe('Whether a lower or a higher figure is better.'),
}

/** An input that is not known, and the sides of a gate that state it. */
const inputOfSide = {
  name: z
    .string()
    .describe('Path of the number, or another name as in results, such as `speed of NAME`.'),
  side: z
    .enum(['both', 'base', 'head'])
    .describe('Side that states the input. Of both: each draw gives it the same value there.'),
}

export const gateMetric = z
  .strictObject({
    ...metricName,
    base: numberOrNull.describe(
      'Figure of the base in its unit, in a fidelity gate that of the replays; ' +
        'null where it has no value.',
    ),
    base_low: number
      .optional()
      .describe('Lower end of the 95 % interval of `base`; absent where it has none.'),
    base_high: number
      .optional()
      .describe('Upper end of the 95 % interval of `base`; absent where it has none.'),
    head: numberOrNull.describe(
      'Figure of the head in its unit, in a fidelity gate that of the simulations; ' +
        'null where it has no value.',
    ),
    ratio: numberOrNull.describe('Figure of the head over that of the base; null without one.'),
    low: numberOrNull.describe(
      'Lower end of the 99 % interval of the ratio; null where figures are exact.',
    ),
    high: numberOrNull.describe(
      'Upper end of the 99 % interval of the ratio; null where figures are exact.',
    ),
    margin: numberOrNull.describe(
      'Change for the worse that is still no regression, as a share of 1; ' +
        'null where the metric is not judged by a margin.',
    ),
    p: numberOrNull.describe(
      'Chance of such blocks if the ratio were at the margin, 0 to 1, adjusted for the number ' +
        'of metrics (Holm); null where figures are exact.',
    ),
    deciding_blocks: numberOrNull.describe(
      'Number of blocks that would about decide the metric; null where it is decided or needs ' +
        'more than 1,000.',
    ),
    verdict: gateVerdict.describe(
      'Verdict on the metric; IMPROVED is better by more than the margin.',
    ),
    note: z.string().nullable().describe('Note on the verdict; null where there is none.'),
    with_inputs: z
      .strictObject({
        low: numberOrNull.describe(
          'Lower end of the middle 95 % of the change; null where it has no end, or no value in some ' +
            'draw.',
        ),
        high: numberOrNull.describe(
          'Upper end of the middle 95 % of the change; null where it has no end, or no value in some ' +
            'draw.',
        ),
        p_worse: numberOrNull.describe(
          'Probability that the head is worse by more than the margin, 0 to 1; null where a side has ' +
            'no value in some draw.',
        ),
        hangs_on: z
          .strictObject({
            ...inputOfSide,
            share: number.describe('Part of the variance of the change that it has alone, 0 to 1.'),
          })
          .nullable()
          .describe(
            'Input that the change hangs on most; null where no input surely has a part worth naming.',
          ),
      })
      .optional()
      .describe(
        'Change over what is not known of the inputs, in a prediction gate: figure of the head over ' +
          'that of the base, and of a share the head less the base. Absent where all inputs are ' +
          'known, and for figures that are judged at the stated values.',
      ),
  })
  .describe('One metric of base and head.')

/** A figure of one side, as a baseline keeps it. */
const gateFigure = z
  .strictObject({
    ...metricName,
    value: numberOrNull.describe('Figure in its unit; null where it has no value.'),
    low: number
      .optional()
      .describe('Lower end of its 95 % interval over replications; absent where it has none.'),
    high: number
      .optional()
      .describe('Upper end of its 95 % interval over replications; absent where it has none.'),
  })
  .describe('One figure of the scenario.')

const caseChanges = z.strictObject({
  scenario: z
    .array(z.string())
    .nullable()
    .describe('Values that differ, each as "path: base → head"; null where they are not known.'),
  profile: z
    .string()
    .nullable()
    .describe('Profiles of base and head, as "base → head"; null where they are the same.'),
  engine: z
    .string()
    .nullable()
    .describe('Versions of Spillway, as "base → head"; null where they are the same.'),
})

const uncertainCase = z.strictObject({
  draws: number.describe('Number of draws of the inputs, a power of 2.'),
  replications: number.describe('Number of replications of each draw, with common seeds.'),
  settled: z
    .boolean()
    .describe(
      'Whether twice the draws moved no end of a change by more than a tenth of its width, or of ' +
        'the margin.',
    ),
  inputs: z
    .array(uncertainInput.extend(inputOfSide).describe('One input that is not known.'))
    .describe('Inputs that are not known.'),
})

export const gateCase = z
  .strictObject({
    file: z.string().describe('Scenario as it was given, or the folder of a fidelity gate.'),
    name: z.string().describe('Name of the scenario.'),
    hash: z.string().describe('Hash of the scenario, with all overrides and defaults.'),
    base: z.string().describe('What the head is compared with, in words.'),
    verdict: caseVerdict.describe('Verdict on the scenario.'),
    reason: z.string().describe('Reason for the verdict.'),
    changes: caseChanges.describe('What differs between base and head.'),
    metrics: z.array(gateMetric).describe('Metrics of the scenario, the worst first.'),
    figures: z
      .array(gateFigure)
      .optional()
      .describe(
        'Figures of the head where the base has no such scenario; `metrics` then are the ' +
          'objectives of the head. Absent where there is a base.',
      ),
    interval: z
      .enum(['draws', 'inputs'])
      .optional()
      .describe(
        'What the verdict is of, in a prediction gate: of the stated values of uncertain inputs, ' +
          'where the deciding metric has no other, or of all that is not known of them. Absent where ' +
          'all inputs are known.',
      ),
    uncertain: uncertainCase
      .optional()
      .describe(
        'Draws of uncertain inputs that the verdict is of. Absent where all inputs are known, where ' +
          'there is no base, and where base and head are the same: every draw changes them alike.',
      ),
    measured: measuredGate
      .nullable()
      .describe('How the measured gate went; null in a gate that measures nothing.'),
  })
  .describe('One scenario of the gate.')

export const gateSchema = z
  .strictObject({
    ...headOf('spillway-gate'),
    gate: z
      .enum(['prediction', 'measured', 'fidelity'])
      .describe('Whether the gate simulates, replays base and head, or judges kept replays.'),
    interim: z
      .literal(true)
      .optional()
      .describe('Present while the gate goes on: then its verdict is none, and UNDECIDED.'),
    margin: number.describe('Change that is still no regression, as a share of 1.'),
    verdict: caseVerdict.describe('Worst verdict of the scenarios.'),
    cases: z.array(gateCase).describe('Scenarios of the gate, the worst first.'),
    warnings: z
      .array(z.string())
      .describe('Warnings about profiles, traffic and the machine, each as one text.'),
    command,
  })
  .describe('Whether scenarios got worse than their base.')

const baselineObjective = z
  .strictObject({
    class: z.string().describe('Name of the class that the objective is for.'),
    text: z.string().describe('Objective as the scenario states it.'),
    verdict: verdict.describe('Verdict on the objective.'),
  })
  .describe('One objective of the scenario.')

const baselineEntry = z
  .strictObject({
    file: z
      .string()
      .describe('Path of the scenario from the folder of the baseline, or name of one that ships.'),
    name: z.string().describe('Name of the scenario.'),
    hash: z.string().describe('Hash of the scenario, with all overrides and defaults.'),
    version: z.string().describe('Version of Spillway that simulated it.'),
    commit: z
      .string()
      .nullable()
      .describe(
        'Commit that the program was built from; null where it was built in no checkout of git.',
      ),
    profile: profileRef
      .nullable()
      .describe('Profile that the work of models is from; null where all work is declared.'),
    seed: number.describe('Seed of all random streams.'),
    replications: number.describe('Number of replications.'),
    load: numberOrNull.describe(
      'Mean rate of the first replication over the capacity; null where that is undefined.',
    ),
    figures: z.array(gateFigure).describe('Figures that gates compare.'),
    objectives: z.array(baselineObjective).describe('Objectives of the scenario.'),
    scenario: z
      .unknown()
      .describe('All values of the scenario, to name those that change; null if not readable.'),
    stated: z
      .unknown()
      .optional()
      .describe(
        'The scenario as it is stated, without defaults, from which draws of its uncertain inputs ' +
          'are made. Absent where all inputs are known.',
      ),
  })
  .describe('One scenario of the baseline.')

export const gateBaseline = z
  .strictObject({
    document: z.literal('spillway-gate-baseline').describe('Kind of this document.'),
    format: z.literal(1).describe('Version of the format of this kind of document.'),
    scenarios: z.array(baselineEntry).describe('Scenarios of the baseline, by their file.'),
  })
  .describe('Figures of scenarios that prediction gates compare with.')

export type GateVerdict = z.infer<typeof gateVerdict>
export type CaseVerdict = z.infer<typeof caseVerdict>
export type GateMetric = z.infer<typeof gateMetric>
export type GateFigure = z.infer<typeof gateFigure>
export type GateCase = z.infer<typeof gateCase>
export type Gate = z.infer<typeof gateSchema>
export type GateBaseline = z.infer<typeof gateBaseline>
export type BaselineEntry = GateBaseline['scenarios'][number]
