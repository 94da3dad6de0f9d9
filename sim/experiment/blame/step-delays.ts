import type { Ms } from '../../serving/index.ts'
import type { StepRow } from '../../stats/index.ts'
import type { StepLaw } from '../../world/index.ts'

/** Time of a request that others took, by what they did meanwhile. */
interface StepDelay {
  readonly prompts: Ms
  readonly decodes: Ms
}

/** A request that steps delayed, with the weights of those that did so. */
interface Delayed extends StepDelay {
  readonly key: number
}

/** What the steps of a row did to requests: each delay is at most the time that they took. */
export interface RowDelays {
  /** of a request that waits for a slot or for its part of the steps, all time is for others */
  readonly outside: StepDelay
  readonly members: readonly Delayed[]
}

/**
 * Divides the time of a run of steps for each request with a slot. What the steps would have taken
 * with this request alone is its own. What they would not have taken without the prompts of others
 * is due to these prompts, and what is left to the sequences that others decode. So the parts add
 * up to the time that the steps took; a slower machine, and transfers, lengthen all of them alike.
 */
export function rowDelays(row: StepRow, law: StepLaw): RowDelays {
  const { decodes, context, promptTokens, prompts, generating, contexts, idle, steps } = row
  const took = row.ended - row.started
  const longest = Math.max(0, ...contexts)
  const decoding = { decodes, context, longest }
  const msOf = (batch: Parameters<StepLaw['stepMs']>[0]) =>
    steps * law.stepMs(batch) + (law.growthMs(batch) * steps * (steps - 1)) / 2
  const wholeMs = msOf({ ...decoding, prefills: prompts.length, prefillTokens: promptTokens })
  const stretch = wholeMs > 0 ? took / wholeMs : 0
  // ms at speed 1; a law with noise may not rise everywhere
  const most = (ms: Ms, limit: Ms) => Math.min(Math.max(0, ms), limit)
  const plain =
    decodes > 0 ? most(msOf({ ...decoding, prefills: 0, prefillTokens: 0 }), wholeMs) : 0
  const outside = {
    prompts: stretch * (wholeMs - plain),
    decodes: took - stretch * (wholeMs - plain),
  }
  const delayedBy = (key: number, without: Ms, alone: Ms): Delayed => {
    const kept = most(alone, without)
    return { key, prompts: stretch * (wholeMs - without), decodes: stretch * (without - kept) }
  }
  const alone = generating.length + prompts.length + idle.length === 1
  if (alone && idle.length === 0) {
    const [key] = [...generating, ...prompts.map((prompt) => prompt.key)]
    return { outside, members: [{ key: key!, prompts: 0, decodes: 0 }] }
  }
  return {
    outside,
    members: [
      ...generating.map((key, i) => {
        const single = { decodes: 1, context: contexts[i]!, prefills: 0, prefillTokens: 0 }
        return delayedBy(key, plain, msOf(single))
      }),
      ...prompts.map(({ key, tokens }) => {
        const prompt = { prefills: 1, prefillTokens: tokens }
        const without =
          prompts.length === 1 ? wholeMs : most(msOf({ ...decoding, ...prompt }), wholeMs)
        return delayedBy(key, without, msOf({ decodes: 0, context: 0, ...prompt }))
      }),
      ...idle.map((key) => ({ key, ...outside })),
    ],
  }
}
