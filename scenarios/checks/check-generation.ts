import type { Path } from '../parse/located.ts'
import type { Generation, Model } from '../schema/schema.ts'
import { decidedBy } from '../schema/schema-queue.ts'
import type { Draft, PoolDraft, Report } from './draft.ts'

type Continuous = Extract<Generation, { policy: 'continuous' }>

/** Checks that pools with generation have the keys they need, and other pools have none of them. */
export function checkGeneration(draft: Draft, report: Report): void {
  for (const pool of draft.pools) {
    const model = pool.model === null ? null : (draft.models.get(pool.model) ?? null)
    checkPool(pool, model, draft, report)
    if (pool.generation?.policy === 'continuous') {
      checkContinuous(pool.generation, pool, draft, report)
    }
  }
  checkClasses(draft, report)
}

function checkPool(pool: PoolDraft, model: Model | null, draft: Draft, report: Report): void {
  if (model === null) return
  const generates = 'work' in model && model.work.law === 'generation'
  const says = draft.has([...pool.path, 'generation'])
  if (generates && !says) {
    const text = `generation, as model ${pool.model} brings tokens step by step, got nothing`
    report('value', pool.path, text)
  }
  if (!generates && says) {
    const text = `no generation, as model ${pool.model} has no work of law generation`
    report('key', [...pool.path, 'generation'], `${text}, got "generation"`)
  }
  if (generates && draft.has([...pool.path, 'batching'])) {
    const text = 'no batching beside generation, which says who runs together, got "batching"'
    report('key', [...pool.path, 'batching'], text)
  }
}

function checkContinuous(
  generation: Continuous,
  pool: PoolDraft,
  draft: Draft,
  report: Report,
): void {
  const path = [...pool.path, 'generation']
  const { max_sequences, token_budget, preemption, preempt_by_priority } = generation
  if (token_budget < max_sequences) {
    const why = `at least max_sequences ${max_sequences}, a token for each that decodes`
    report('value', [...path, 'token_budget'], `${why}, got ${token_budget}`)
  }
  const swaps = generation.swap_ms_per_token !== undefined
  if (preemption === 'swap' && !swaps) {
    report('value', path, 'swap_ms_per_token, which preemption swap needs, got nothing')
  } else if (preemption !== 'swap' && swaps) {
    const text = `no swap_ms_per_token with preemption ${preemption}, got "swap_ms_per_token"`
    report('key', [...path, 'swap_ms_per_token'], text)
  }
  const grows = generation.kv_cache !== undefined || pool.memory?.allocator === 'paged'
  const bounded = grows || preempt_by_priority
  if (!bounded && draft.has([...path, 'preemption'])) {
    const text = 'no preemption, as nobody loses a place here, got "preemption"'
    report('key', [...path, 'preemption'], text)
  }
  const discipline = pool.queue?.discipline
  if (preempt_by_priority && discipline && decidedBy[discipline] !== 'priority') {
    const text = `false with discipline ${discipline}, got true`
    report('value', [...path, 'preempt_by_priority'], text)
  }
  if (generation.hand_over) checkHandOver(generation.hand_over.pool, pool, draft, report)
}

function checkHandOver(name: string, from: PoolDraft, draft: Draft, report: Report): void {
  const at: Path = [...from.path, 'generation', 'hand_over', 'pool']
  const to = draft.pools.find((pool) => pool.name === name)
  if (to === undefined || to === from) {
    const others = draft.pools.filter((pool) => pool !== from).map((pool) => pool.name)
    const known = others.length > 0 ? `one of ${others.join(', ')}` : 'another pool'
    report('value', at, `${known}, got "${name}"`)
    return
  }
  if (to.generation?.policy === 'static' || (to.generation === null && draft.has(to.path))) {
    report('value', at, `a pool with generation continuous, got "${name}"`)
  } else if (to.generation?.policy === 'continuous' && to.generation.hand_over) {
    report('value', at, `a pool that decodes itself, got "${name}", which hands over too`)
  }
  const refusing = [
    ...['max_length', 'timeout_ms', 'levels'].map((key) => ['queue', key]),
    ['admission'],
  ]
  for (const keys of refusing) {
    const key = keys.at(-1)!
    const path = [...to.path, ...keys]
    if (!draft.has(path)) continue
    const why = 'as sequences are handed to it, which have been let in already'
    report('key', path, `no ${key} here, ${why}, got "${key}"`)
  }
}

/** Classes have output_tokens if a pool generates, and only then. */
function checkClasses(draft: Draft, report: Report): void {
  const generating = draft.pools.filter(({ generation }) => generation !== null)
  if (draft.pools.length === 0) return
  const none = !draft.pools.some(({ path }) => draft.has([...path, 'generation']))
  for (const { path, outputs } of draft.classes) {
    const said = draft.has([...path, 'output_tokens'])
    if (generating.length === draft.pools.length && !said) {
      report('value', path, 'output_tokens, which are to be generated, got nothing')
    } else if (none && outputs !== null) {
      const text = 'no output_tokens, as no pool generates, got "output_tokens"'
      report('key', [...path, 'output_tokens'], text)
    }
  }
  if (generating.length > 0 && generating.length < draft.pools.length) {
    const batched = draft.pools.find(({ generation }) => generation === null)!
    if (draft.has([...batched.path, 'generation'])) return
    const text = 'generation in every pool, as it is in others, got nothing'
    report('value', batched.path, text)
  }
}
