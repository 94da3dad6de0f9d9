import * as z from 'zod'
import { number, numbers } from './document-parts.ts'

/** Single steps of engines that generate, over a short window: simulated and measured. */

const steps = z.strictObject({
  at_ms: numbers.describe('Begin of each step, ms since the start of the window.'),
  ms: numbers.describe('Duration of each step, ms.'),
  decodes: numbers.describe('Number of sequences that decode in each step.'),
  prompts: numbers.describe(
    'Number of sequences of which each step computes a part of the prompt.',
  ),
  prompt_tokens: numbers.describe('Number of tokens of these prompts in each step.'),
})

const engine = z
  .strictObject({
    pool: z.string().describe('Name of the pool.'),
    replica: number.describe('Number of the replica in its pool, from 0.'),
    max_sequences: number.describe('Most sequences of a step.'),
    measured: steps.describe('Steps of the replay.'),
    simulated: steps.describe(
      'Steps of one simulation of this replay on the machine that it recorded, as the structure ' +
        'check makes them.',
    ),
  })
  .describe('Steps of one engine that begin in the window, in their order.')

export const stepWindow = z.strictObject({
  replay: number.describe('Number of the replay, from 0.'),
  from_s: number.describe('Start of the window, s since the start of the run.'),
  to_s: number.describe('End of the window, s since the start of the run.'),
  engines: z.array(engine).describe('Engines with the most tokens in the window, by their number.'),
  engines_left_out: number.describe('Number of further engines.'),
})

export type StepColumns = z.infer<typeof steps>
export type StepWindow = z.infer<typeof stepWindow>
