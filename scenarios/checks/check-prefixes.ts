import type { Lengths } from '../schema/schema.ts'
import type { ClassDraft, Draft, PoolDraft, Report } from './draft.ts'

/** Tokens per number in hash_ids, and the resolution of prefixes of conversations. */
const NUMBER_TOKENS = 512

/** Checks that prefix caches have known prefixes, and that declared prefixes have a cache. */
export function checkPrefixes(draft: Draft, report: Report): void {
  const caching = draft.pools.filter((pool) => pool.generation?.kv_cache?.prefix_cache === true)
  // prefix_cache: false is compared with a pool that has true
  const mentioned = draft.pools.some(
    ({ path, generation }) =>
      draft.has([...path, 'generation', 'kv_cache', 'prefix_cache']) ||
      (generation === null && draft.has([...path, 'generation'])),
  )
  for (const traffic of draft.classes) {
    checkClass(traffic, caching.length > 0, mentioned, report)
    checkShared(traffic, caching, report)
  }
  for (const pool of caching) checkPool(pool, draft, report)
}

function checkClass(
  traffic: ClassDraft,
  cached: boolean,
  mentioned: boolean,
  report: Report,
): void {
  const { path, arrivals, sharedPrefix } = traffic
  const at = [...path, 'shared_prefix_tokens']
  if (sharedPrefix !== null && hasHashes(traffic)) {
    const text = 'no shared_prefix_tokens beside the hash_ids of a trace'
    report('key', at, `${text}, got "shared_prefix_tokens"`)
  } else if (sharedPrefix !== null && !mentioned) {
    const text = 'no shared_prefix_tokens, as no pool says prefix_cache'
    report('key', at, `${text}, got "shared_prefix_tokens"`)
  }
  if (!cached || !hasHashes(traffic) || arrivals?.process !== 'trace') return
  if (arrivals.length_scale === 1) return
  const text = '1 with a prefix_cache, as hash_ids are of the lengths in the file'
  report('value', [...path, 'arrivals', 'length_scale'], `${text}, got ${arrivals.length_scale}`)
}

/** Checks that a shared prefix is no longer than any prompt, and has at least one whole block. */
function checkShared(traffic: ClassDraft, caching: readonly PoolDraft[], report: Report): void {
  const { path, lengths, sharedPrefix: shared } = traffic
  // with carry_context it is the initial context, in addition to the lengths
  if (shared === null || carries(traffic) || hasHashes(traffic)) return
  const at = [...path, 'shared_prefix_tokens']
  const blocks = caching.map(({ generation }) => generation!.kv_cache!.block_tokens)
  const least = Math.min(...blocks)
  const most = lengths === null ? endless : longestOf(lengths)
  if (shared > most) {
    report('value', at, `at most the ${most} tokens of the longest prompt, got ${shared}`)
  } else if (blocks.length > 0 && shared < least) {
    const text = `at least the ${least} tokens of a block, as only whole ones are shared`
    report('value', at, `${text}, got ${shared}`)
  }
}

const endless = Number.POSITIVE_INFINITY

/** Infinity if unknown. */
function longestOf(lengths: Lengths): number {
  switch (lengths.distribution) {
    case 'fixed':
      return lengths.value
    case 'uniform':
    case 'lognormal':
      return lengths.max
    case 'quantiles':
      return Math.max(...lengths.quantiles.map(([, length]) => length))
    default:
      return endless
  }
}

function checkPool(pool: PoolDraft, draft: Draft, report: Report): void {
  const path = [...pool.path, 'generation', 'kv_cache']
  const refuse = (why: string) => report('value', [...path, 'prefix_cache'], `${why}, got true`)
  const from = draft.pools.find(
    ({ generation }) =>
      generation?.policy === 'continuous' && generation.hand_over?.pool === pool.name,
  )
  const numbered = draft.classes.filter((traffic) => hasHashes(traffic) || carries(traffic))
  const known =
    numbered.length > 0 || draft.classes.some((traffic) => traffic.sharedPrefix !== null)
  if (pool.generation?.policy === 'static') refuse('false with policy static')
  else if (from !== undefined) refuse(`false, as prompts are computed in pool ${from.name}`)
  else if (!known && draft.classes.every(({ arrivals }) => arrivals !== null)) {
    const ways = 'shared_prefix_tokens, carry_context or hash_ids of a trace'
    refuse(`false, as no class says what prompts begin with by ${ways}`)
  }
  const tokens = pool.generation?.kv_cache?.block_tokens ?? 1
  if (numbered.length === 0 || NUMBER_TOKENS % tokens === 0) return
  const why = `a divisor of ${NUMBER_TOKENS}, by which ${numbered[0]!.name} tells prompts apart`
  report('value', [...path, 'block_tokens'], `${why}, got ${tokens}`)
}

/** Whether rows of a trace have prefixes of prompts. */
function hasHashes({ arrivals, lengths }: ClassDraft): boolean {
  if (arrivals?.process !== 'trace' || arrivals.format !== 'mooncake') return false
  return lengths?.distribution === 'trace'
}

function carries({ session }: ClassDraft): boolean {
  return session?.carry_context === true
}
