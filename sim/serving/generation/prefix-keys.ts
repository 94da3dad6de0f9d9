import type { RequestFields } from '../ports.ts'

/** Tokens that one number of a request's prefix stands for, as in the traces of Mooncake. */
export const PREFIX_TOKENS = 512

/** Blocks of a class's common beginning; a class has fewer. */
const CLASS_BLOCKS = 2 ** 20
/** numbers of prefixes are below this */
const NUMBERS = 2 ** 31

export interface PrefixClass {
  /** tokens with which all requests of the class begin */
  readonly sharedPrefixTokens: number
  /** whether a prompt begins with the one before it and its answer, which has numbers as well */
  readonly carriesContext: boolean
}

/**
 * What the leading blocks of prompts are known by: two blocks of one key hold the same tokens, and
 * what stands before them is the same. Numbers of a prefix mean something within their class only.
 */
export class PrefixKeys {
  readonly #requests: Pick<RequestFields, 'inputTokens' | 'class' | 'prefixes'>
  readonly #classes: readonly PrefixClass[]
  readonly #blockTokens: number
  /** blocks of a number */
  readonly #blocks: number

  constructor(
    requests: Pick<RequestFields, 'inputTokens' | 'class' | 'prefixes'>,
    classes: readonly PrefixClass[],
    blockTokens: number,
  ) {
    this.#requests = requests
    this.#classes = classes
    this.#blockTokens = blockTokens
    this.#blocks = PREFIX_TOKENS / blockTokens
  }

  /** Blocks of a request's first `tokens` tokens that are known, whole ones only. */
  count(request: number, tokens: number): number {
    const { inputTokens, class: classes, prefixes } = this.#requests
    const { sharedPrefixTokens, carriesContext } = this.#classes[classes[request]!]!
    const numbers = prefixes.get(request)
    const prefixTokens = numbers === undefined ? sharedPrefixTokens : numbers.length * PREFIX_TOKENS
    const most = carriesContext ? tokens : Math.min(tokens, inputTokens[request]!)
    return Math.floor(Math.min(most, prefixTokens) / this.#blockTokens)
  }

  /** The key of a block, by its place in the request. */
  key(request: number, block: number): number {
    const { class: classes, prefixes } = this.#requests
    const number = classes[request]!
    const numbers = prefixes.get(request)
    if (numbers === undefined) return -1 - (number * CLASS_BLOCKS + block)
    const prefixNumber = number * NUMBERS + numbers[Math.floor(block / this.#blocks)]!
    return prefixNumber * this.#blocks + (block % this.#blocks)
  }
}
