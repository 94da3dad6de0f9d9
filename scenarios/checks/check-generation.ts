import type { Path } from '../parse/located.ts'
import type { Generation } from '../schema/schema.ts'
import { allocators } from '../schema/schema-memory.ts'
import { decidedBy } from '../schema/schema-queue.ts'
import { generates } from '../schema/takes-length.ts'
import type { Draft, PoolDraft } from './draft.ts'

type Continuous = Extract<Generation, { policy: 'continuous' }>

/** Checks that pools with generation have the keys they need, and other pools have none of them. */
export function checkGeneration(draft: Draft): void {
  for (const pool of draft.pools) {
    checkPool(pool, draft)
    if (pool.generation?.policy === 'continuous') {
      checkContinuous(pool.generation, pool, draft)
    }
  }
  checkClasses(draft)
}

function checkPool(pool: PoolDraft, draft: Draft): void {
  const model = draft.modelOf(pool)
  if (model === null) return
  const path = [...pool.path, 'generation']
  const kind = 'work' in model ? `the work of model ${pool.model} is` : `model ${pool.model} is`
  if (!generates(model)) {
    const generating = 'work' in model ? 'of law generation' : 'a decoder'
    draft.unused(path, `${kind} not ${generating}`)
    return
  }
  if (!draft.has(path)) {
    const generating = 'work' in model ? `of law ${model.work.law}` : 'a decoder'
    draft.refuse(pool.path, `the key generation, as ${kind} ${generating}`, 'nothing')
  }
  const why = 'generation determines which sequences run together'
  draft.unused([...pool.path, 'batching'], why)
}

function checkContinuous(generation: Continuous, pool: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'generation']
  const { max_sequences, token_budget, preemption, preempt_by_priority } = generation
  if (token_budget < max_sequences) {
    const text = `at least max_sequences ${max_sequences}, a token for each decoding sequence`
    draft.refuse([...path, 'token_budget'], text, `${token_budget}`)
  }
  const swap = [...path, 'swap_ms_per_token']
  if (preemption !== 'swap') draft.unused(swap, `preemption is ${preemption}`)
  else if (!draft.has(swap)) {
    draft.refuse(path, 'the key swap_ms_per_token, which preemption swap needs', 'nothing')
  }
  const { memory, queue } = pool
  const grows = memory !== null && allocators[memory.allocator].gives === 'blocks'
  if (generation.kv_cache === undefined && !grows && !preempt_by_priority) {
    const why = 'no sequence is ever preempted, as nothing limits the KV cache'
    draft.unused([...path, 'preemption'], why)
  }
  if (preempt_by_priority && queue && decidedBy[queue.discipline] !== 'priority') {
    draft.refuse([...path, 'preempt_by_priority'], `false with discipline ${queue.discipline}`)
  }
  if (generation.hand_over) checkHandOver(generation.hand_over.pool, pool, draft)
}

function checkHandOver(name: string, from: PoolDraft, draft: Draft): void {
  const at: Path = [...from.path, 'generation', 'hand_over', 'pool']
  const to = draft.pools.find((pool) => pool.name === name)
  if (to === undefined || to === from) {
    const others = draft.pools.filter((pool) => pool !== from).map((pool) => pool.name)
    draft.refuse(at, others.length > 0 ? `one of ${others.join(', ')}` : 'another pool')
    return
  }
  if (to.generation?.policy === 'static' || (to.generation === null && draft.has(to.path))) {
    draft.refuse(at, 'a pool with generation continuous')
  } else if (to.handOver !== null) {
    draft.refuse(at, 'a pool that decodes itself', `"${name}", which has a hand_over too`)
  }
  for (const keys of [
    ...['max_length', 'timeout_ms', 'levels'].map((key) => ['queue', key]),
    ['admission'],
  ]) {
    const why = `the sequences of this pool were admitted in pool ${from.name}`
    draft.unused([...to.path, ...keys], why)
  }
}

const RECORDED = ' (of a trace: { distribution: trace })'

/** Classes have output_tokens if a pool generates, and only then. */
function checkClasses(draft: Draft): void {
  const generating = draft.pools.filter(({ generation }) => generation !== null)
  if (draft.pools.length === 0) return
  const none = !draft.pools.some((pool) => draft.generates(pool))
  for (const { path, output_tokens } of draft.classes) {
    const at = [...path, 'output_tokens']
    if (generating.length === draft.pools.length && !draft.has(at)) {
      const recorded = draft.stated([...path, 'arrivals', 'process']) === 'trace' ? RECORDED : ''
      draft.refuse(path, `the key output_tokens, as the pools generate${recorded}`, 'nothing')
    } else if (none && output_tokens !== null) draft.unused(at, 'no pool has generation')
    if (none) draft.unused([...path, 'first_token_delay_ms'], 'no pool has generation')
  }
  if (generating.length > 0 && generating.length < draft.pools.length) {
    const batched = draft.pools.find(({ generation }) => generation === null)!
    if (draft.generates(batched)) return
    draft.refuse(batched.path, 'generation in every pool, as other pools have it', 'nothing')
  }
}
