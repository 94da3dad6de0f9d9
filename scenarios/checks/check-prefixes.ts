import type { ClassDraft, Draft, PoolDraft } from './draft.ts'
import { lengthRange } from './ordered.ts'

/** Tokens per number in hash_ids, and the resolution of prefixes of conversations. */
const NUMBER_TOKENS = 512

/** Checks that prefix caches have known prefixes, and that declared prefixes have a cache. */
export function checkPrefixes(draft: Draft): void {
  const caching = draft.pools.filter((pool) => pool.generation?.kv_cache?.prefix_cache === true)
  // prefix_cache: false is compared with a pool that has true
  const mentioned = draft.pools.some(
    ({ path, generation }) =>
      draft.has([...path, 'generation', 'kv_cache', 'prefix_cache']) ||
      (generation === null && draft.has([...path, 'generation'])),
  )
  for (const traffic of draft.classes) {
    checkClass(traffic, caching.length > 0, mentioned, draft)
    checkShared(traffic, caching, draft)
  }
  for (const pool of caching) checkPool(pool, draft)
}

function checkClass(traffic: ClassDraft, cached: boolean, mentioned: boolean, draft: Draft): void {
  const { path, arrivals, shared_prefix_tokens: shared } = traffic
  const at = [...path, 'shared_prefix_tokens']
  if (shared !== null && hasHashes(traffic)) draft.unused(at, 'hash_ids of the trace replace it')
  else if (shared !== null && !mentioned) draft.unused(at, 'no pool has prefix_cache')
  if (!cached || !hasHashes(traffic) || arrivals?.process !== 'trace') return
  if (arrivals.length_scale === 1) return
  const text = '1 with a prefix_cache, as hash_ids depend on the lengths in the file'
  draft.refuse([...path, 'arrivals', 'length_scale'], text)
}

/** Checks that a shared prefix is no longer than any prompt, and has at least one whole block. */
function checkShared(traffic: ClassDraft, caching: readonly PoolDraft[], draft: Draft): void {
  const { path, input_tokens, shared_prefix_tokens: shared } = traffic
  // with carry_context it is the initial context, in addition to the lengths
  if (shared === null || carries(traffic) || hasHashes(traffic)) return
  const at = [...path, 'shared_prefix_tokens']
  const blocks = caching.map(({ generation }) => generation!.kv_cache!.block_tokens)
  const least = Math.min(...blocks)
  const most = lengthRange(input_tokens)[1]
  if (shared > most) draft.refuse(at, `at most the ${most} tokens of the longest prompt`)
  else if (blocks.length > 0 && shared < least) {
    draft.refuse(at, `at least the ${least} tokens of a block, as only whole blocks are shared`)
  }
}

function checkPool(pool: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'generation', 'kv_cache']
  const refuse = (expected: string) => draft.refuse([...path, 'prefix_cache'], expected)
  const from = draft.pools.find(({ handOver }) => handOver !== null && handOver === pool.name)
  const numbered = draft.classes.filter(knowsPrompts)
  if (pool.generation?.policy === 'static') refuse('false with policy static')
  else if (from !== undefined) refuse(`false, as prompts are computed in pool ${from.name}`)
  else if (!mayShare(draft)) refuse(`false, as no class has ${SHARING}`)
  const tokens = pool.generation?.kv_cache?.block_tokens ?? 1
  if (numbered.length === 0 || NUMBER_TOKENS % tokens === 0) return
  const text = `a divisor of ${NUMBER_TOKENS}, the tokens of a prefix number`
  draft.refuse([...path, 'block_tokens'], `${text} of class ${numbered[0]!.name}`)
}

/** Keys by which prompts may begin alike. */
export const SHARING = 'shared_prefix_tokens, carry_context or hash_ids of a trace'

/** Whether prompts of any class may begin alike. */
export const mayShare = ({ classes }: Draft): boolean =>
  classes.some(
    (traffic) =>
      traffic.arrivals === null || traffic.shared_prefix_tokens !== null || knowsPrompts(traffic),
  )

/** Whether prompts of a class differ in what they begin with. */
export function knowsPrompts(traffic: ClassDraft): boolean {
  return hasHashes(traffic) || carries(traffic)
}

/** Whether rows of a trace have prefixes of prompts. */
function hasHashes({ arrivals, input_tokens }: ClassDraft): boolean {
  if (arrivals?.process !== 'trace' || arrivals.format !== 'mooncake') return false
  return input_tokens?.distribution === 'trace'
}

function carries({ session }: ClassDraft): boolean {
  return session?.carry_context === true
}
