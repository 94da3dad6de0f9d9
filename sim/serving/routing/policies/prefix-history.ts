import { PrefixKeys } from '../../generation/prefix-keys.ts'
import type { RouterView } from '../routing-policy.ts'

/** As in vLLM and in the endpoint picker of llm-d, by default. */
export const PROMPT_BLOCK_TOKENS = 16

/**
 * The blocks of prompts that each candidate was sent: what a router knows of prefix caches without
 * asking the replicas. The least recently used blocks are forgotten, a prompt from its end.
 */
export class PrefixHistory {
  readonly #lruBlocks: number
  /** by candidate, least recently used first */
  readonly #sent: readonly Set<number>[]
  #keys: PrefixKeys | null = null

  constructor(candidates: number, lruBlocks: number) {
    this.#sent = Array.from({ length: candidates }, () => new Set<number>())
    this.#lruBlocks = lruBlocks
  }

  /** Leading blocks of the prompt that is routed, at most so many, that a candidate was sent. */
  matched(view: RouterView, candidate: number, most = Number.POSITIVE_INFINITY): number {
    const sent = this.#sent[candidate]!
    if (sent.size === 0) return 0
    const keys = this.#keysOf(view)
    const count = Math.min(most, keys.count(view.request, tokensOf(view)))
    let block = 0
    while (block < count && sent.has(keys.key(view.request, block))) block++
    return block
  }

  /** A candidate is sent the prompt. */
  add(view: RouterView, candidate: number, most = Number.POSITIVE_INFINITY): void {
    const sent = this.#sent[candidate]!
    const keys = this.#keysOf(view)
    const count = Math.min(most, keys.count(view.request, tokensOf(view)))
    for (let block = count - 1; block >= 0; block--) {
      const key = keys.key(view.request, block)
      sent.delete(key)
      sent.add(key)
    }
    for (const key of sent) {
      if (sent.size <= this.#lruBlocks) return
      sent.delete(key)
    }
  }

  /** Blocks that are remembered of a candidate. */
  size(candidate: number): number {
    return this.#sent[candidate]!.size
  }

  #keysOf({ requests, classes }: RouterView): PrefixKeys {
    this.#keys ??= new PrefixKeys(requests, classes, PROMPT_BLOCK_TOKENS)
    return this.#keys
  }
}

/** Tokens of the prompt that is routed. */
export function tokensOf({ requests, request }: RouterView): number {
  return requests.inputTokens[request]!
}
