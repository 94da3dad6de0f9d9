import { PREFIX_TOKENS } from '../../../sim/serving/index.ts'

/** What the tokens of a request follow from. */
export interface Content {
  readonly class: number
  /** its identity, from which all tokens follow that no other request has */
  readonly key: number
  /** what its prompt begins with, a number for every 512 tokens; null where it is not known */
  readonly prefix: ArrayLike<number> | null
  /** tokens with which all requests of its class begin, where there are no numbers */
  readonly sharedTokens: number
}

/** Leading tokens that other requests may have, too. */
export const commonTokens = ({ prefix, sharedTokens }: Content): number =>
  prefix === null ? sharedTokens : prefix.length * PREFIX_TOKENS

const [SHARED, NUMBERED, OWN] = [1, 2, 3]

/** The first tokens of a request: where its content equals that of another one, the same ones. */
export function tokensOf(content: Content, length: number, vocabulary: number): Int32Array {
  const { key, prefix } = content
  const common = Math.min(length, commonTokens(content))
  const tokens = new Int32Array(length)
  for (let i = 0; i < common; i++) {
    const hash =
      prefix === null
        ? hashOf(SHARED, content.class, i)
        : hashOf(
            NUMBERED + 4 * content.class,
            prefix[Math.floor(i / PREFIX_TOKENS)]!,
            i % PREFIX_TOKENS,
          )
    tokens[i] = hash % vocabulary
  }
  for (let i = common; i < length; i++) tokens[i] = hashOf(OWN, key, i) % vocabulary
  return tokens
}

/** Of a request with a prompt and an answer of such lengths. */
interface StatedLengths {
  readonly prompt: number
  readonly answers: number
  /** whether later prompts begin with its answer */
  readonly carriesContext: boolean
}

/**
 * The tokens of a request that its content states, whatever comes out: those of its prompt, and of
 * an answer with which the next prompt of its conversation begins. `common`: leading tokens that
 * others may have, too.
 */
export function statedTokens(
  content: Content,
  { prompt, answers, carriesContext }: StatedLengths,
  vocabulary: number,
): { readonly common: number; readonly stated: Int32Array } {
  const common = Math.min(commonTokens(content), carriesContext ? prompt + answers : prompt)
  return { common, stated: tokensOf(content, Math.max(prompt, common), vocabulary) }
}

/** MurmurHash3 of three words (Appleby 2011), 32 bits. */
function hashOf(first: number, second: number, third: number): number {
  let hash = mixed(mixed(mixed(0, first), second), third)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function mixed(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  const turned = hash ^ k
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0
}
