import type { InferenceSession } from 'onnxruntime-node'
import type { PastLayout } from '../../models/index.ts'
import {
  detailOf,
  emptyPast,
  firstOf,
  type LikelyToken,
  likeliest,
  type PastValues,
  pastFeeds,
  presentNames,
  presentOf,
  zeroPast,
} from '../../models/onnx.ts'
import type { GenerationOptions } from './generation-options.ts'
import { type Answers, CannotRun, type StepDecoder } from './step-decoder.ts'

/** The keys and values of a sequence. */
interface Cache {
  values: PastValues
  tokens: number
  /** whether its last token is computed again and again, while it waits for its batch */
  repeats: boolean
}

/**
 * Steps of a decoder with `past_key_values`: one cache for each sequence, and one run for each
 * sequence of a step. A run returns the whole cache of its sequence, so keys and values of all its
 * tokens are copied with each of its steps.
 */
export class PastDecoder implements StepDecoder {
  readonly #session: InferenceSession
  readonly #layout: PastLayout
  readonly #present: readonly string[]
  readonly #caches = new Map<number, Cache>()

  constructor(session: InferenceSession, layout: PastLayout) {
    this.#session = session
    this.#layout = layout
    this.#present = presentNames(layout)
  }

  step: StepDecoder['step'] = async (decoding, prompts) => {
    const answers: LikelyToken[] = []
    for (const { sequence, past, token } of decoding) {
      answers.push((await this.#run(sequence, past, [token], true))!)
    }
    for (const { sequence, past, tokens, last } of prompts) {
      const answer = await this.#run(sequence, past, tokens, last)
      if (answer !== null) answers.push(answer)
    }
    return answersOf(answers)
  }

  leave(sequence: number): void {
    this.#caches.delete(sequence)
  }

  /** Takes `values` as the keys and values of a sequence. */
  begin(sequence: number, values: PastValues, tokens: number): void {
    this.#caches.set(sequence, { values, tokens, repeats: false })
  }

  /** Computes tokens of a sequence; null where no answer is asked for. */
  async #run(
    sequence: number,
    past: number,
    tokens: ArrayLike<number>,
    answers: boolean,
  ): Promise<LikelyToken | null> {
    const cache = this.#cacheOf(sequence, past)
    const layout = this.#layout
    const feeds = pastFeeds(layout, tokens, past, cache.values)
    // scores of a prompt that goes on would be copied in vain
    const fetched = answers ? ['logits', ...this.#present] : this.#present
    const outputs = await this.#session.run(feeds, fetched).catch((error: unknown) => {
      throw new CannotRun(detailOf(error))
    })
    if (!cache.repeats) {
      const present = presentOf(layout, outputs, past + tokens.length)
      if (typeof present === 'string') throw new CannotRun(present)
      cache.values = present
      cache.tokens = past + tokens.length
    }
    if (!answers) return null
    const logits = outputs.logits!
    const [, rows, scores] = logits.dims
    if (logits.dims.length !== 3 || rows !== tokens.length || scores === 0) {
      const text = `output logits has the shape [${logits.dims.join(', ')}]`
      throw new CannotRun(`${text} for ${tokens.length} tokens`)
    }
    const likely = likeliest(logits, tokens.length - 1)
    if (likely === null) throw new CannotRun('output logits has no number')
    return likely
  }

  #cacheOf(sequence: number, past: number): Cache {
    const known = this.#caches.get(sequence)
    if (past === 0) {
      this.begin(sequence, emptyPast(this.#layout), 0)
      return this.#caches.get(sequence)!
    }
    if (known === undefined || past > known.tokens) {
      throw new Error(`Expected ${past} tokens of sequence ${sequence} in its cache`)
    }
    if (past < known.tokens) {
      known.values = firstOf(known.values, past)
      known.tokens = past
      known.repeats = true
    }
    return known
  }
}

/** Runs the largest step of a sequence, so that no arena grows while requests wait. */
export async function warmUpPast(
  decoder: PastDecoder,
  layout: PastLayout,
  { cache, context, promptTokens }: GenerationOptions,
): Promise<void> {
  const tokens = Math.min(context, cache.blocks * cache.blockTokens)
  const length = Math.min(tokens, promptTokens)
  const of = { sequence: 0, blocks: [] }
  const prompt = (length: number, past: number) =>
    decoder.step([], [{ ...of, past, tokens: new Int32Array(length), last: true }])
  decoder.begin(0, zeroPast(layout, tokens - length), tokens - length)
  await prompt(length, tokens - length)
  decoder.begin(0, zeroPast(layout, tokens - 1), tokens - 1)
  await decoder.step([{ ...of, past: tokens - 1, token: 0 }], [])
  await prompt(1, 0)
  decoder.leave(0)
}

function answersOf(answers: readonly LikelyToken[]): Answers {
  return {
    tokens: Int32Array.from(answers, ({ token }) => token),
    margins: Float32Array.from(answers, ({ margin }) => margin),
  }
}
