import type { TokenRequest } from './client-requests.ts'
import { flagOf, kindOf, listOf, mapOf, own, parsedJson, wholeOf } from './json-fields.ts'
import { RequestProblem } from './request-problem.ts'
import type { ServedDecoder } from './served-model.ts'

/** A request of OpenAI's completions that fits its model. */
export interface CompletionRequest extends TokenRequest {
  /** number of its model among those that generate */
  readonly decoder: number
  readonly stream: boolean
  /** whether a stream ends with the counts of tokens */
  readonly includeUsage: boolean
}

/** Of a request without its prompt. */
const OTHER_BYTES = 64 * 1024
const OTHER_VALUES = 4096
/** Characters of JSON that a token may take, with spaces and line breaks. */
const TOKEN_CHARACTERS = 32
/** The default of OpenAI. */
const DEFAULT_TOKENS = 16

export const mostCompletionBytes = (decoders: readonly ServedDecoder[]): number =>
  OTHER_BYTES + TOKEN_CHARACTERS * longest(decoders)

const longest = (decoders: readonly ServedDecoder[]) =>
  Math.max(0, ...decoders.map(({ context }) => context))

/**
 * What would change the answer, and the value at which it does not. Answers are the likeliest
 * tokens, as many as were asked for: models of scenarios have no texts and no last token.
 */
const WITHOUT_EFFECT: Readonly<Record<string, readonly unknown[]>> = {
  best_of: [1],
  echo: [false],
  frequency_penalty: [0],
  logit_bias: [],
  logprobs: [],
  min_p: [0],
  n: [1],
  presence_penalty: [0],
  stop: [],
  stop_token_ids: [],
  suffix: [],
  temperature: [0],
  top_k: [-1, 0, 1],
}

/** Throws `RequestProblem`. */
export function parseCompletion(
  body: Uint8Array,
  decoders: readonly ServedDecoder[],
): CompletionRequest {
  const head = mapOf(parsedJson(body, OTHER_VALUES + longest(decoders)), 'the body')
  const name = own(head, 'model')
  const number = decoders.findIndex((decoder) => decoder.name === name)
  if (number < 0) {
    const names = decoders.map((decoder) => decoder.name).join(', ') || 'none: no pool generates'
    throw new RequestProblem(`model: expected one of ${names}, got ${kindOf(name)}`, 404)
  }
  for (const [key, allowed] of Object.entries(WITHOUT_EFFECT)) {
    const value = own(head, key) ?? null
    if (value === null || allowed.includes(value)) continue
    const expected = allowed.length === 0 ? 'remove it' : `expected ${allowed.join(' or ')}`
    throw new RequestProblem(`${key}: ${expected}: answers are the likeliest tokens`)
  }
  const decoder = decoders[number]!
  const prompt = promptOf(own(head, 'prompt'), decoder)
  const most = decoder.context - prompt.length
  const options = mapOf(own(head, 'stream_options') ?? {}, 'stream_options')
  return {
    decoder: number,
    class: classOf(own(head, 'class'), decoder),
    prompt,
    answers: wholeOf(own(head, 'max_tokens') ?? DEFAULT_TOKENS, 'max_tokens', [1, most]),
    stream: flagOf(own(head, 'stream') ?? undefined, 'stream') ?? false,
    includeUsage: flagOf(own(options, 'include_usage'), 'stream_options.include_usage') ?? false,
  }
}

/** The tokens of a prompt, or of a list with one prompt. */
function promptOf(value: unknown, { vocabulary, context }: ServedDecoder): Int32Array {
  if (typeof value === 'string') {
    const text = 'expected token ids, as models of scenarios have no texts, got a text'
    throw new RequestProblem(`prompt: ${text}`)
  }
  const list = listOf(value, 'prompt')
  const ids = list.length === 1 && Array.isArray(list[0]) ? (list[0] as unknown[]) : list
  if (ids.length === 0 || ids.length >= context) {
    const text = `expected 1 to ${context - 1} tokens, as a context has ${context}`
    throw new RequestProblem(`prompt: ${text}, got ${ids.length}`)
  }
  return Int32Array.from(ids, (id, i) => wholeOf(id, `prompt[${i}]`, [0, vocabulary - 1]))
}

function classOf(value: unknown, { classes, name }: ServedDecoder): number {
  if (value === undefined) return classes[0]!.number
  const found = classes.find((one) => one.name === value)
  if (found !== undefined) return found.number
  const names = classes.map((one) => one.name).join(', ')
  throw new RequestProblem(`class: expected a class of ${name} (${names}), got ${kindOf(value)}`)
}
