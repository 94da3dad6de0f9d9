import { didYouMean } from '../parse/nearest.ts'
import { isRepeated } from './check-names.ts'
import type { Draft, PoolDraft } from './draft.ts'

/** Checks cards that replicas share by time slicing, and the pools on them. */
export function checkCards(draft: Draft): void {
  for (const [i, card] of draft.cards.entries()) {
    if (isRepeated(['cards', i, 'name'], draft.cards, draft)) continue
    if (draft.pools.some((pool) => pool.card === card)) continue
    draft.refuse(['cards', i], `a pool with card ${card}`, 'none')
  }
  for (const pool of draft.pools) {
    if (pool.card === null) continue
    if (draft.cards.includes(pool.card)) {
      if (checkWork(pool, draft)) checkPool(pool, draft)
      continue
    }
    const { cards } = draft
    const expected = cards.length > 0 ? `one of the cards ${cards.join(', ')}` : 'an entry of cards'
    const got = `"${pool.card}"${didYouMean(pool.card, cards)}`
    draft.refuse([...pool.path, 'card'], expected, got)
  }
}

/** Calibrated times have the interference that they were measured with. */
function checkWork(pool: PoolDraft, draft: Draft): boolean {
  const measured = draft.pools.find((candidate) => {
    const model = draft.modelOf(candidate)
    return model !== null && !('work' in model)
  })
  if (measured === undefined) return true
  const why = `the times of model ${measured.model} are calibrated; time slicing needs declared work`
  draft.unused([...pool.path, 'card'], `${why} in every pool`)
  return false
}

/** What a time-sliced card cannot have, and what its pools must agree on. */
function checkPool(pool: PoolDraft, draft: Draft): void {
  const { card, path } = pool
  const whole = `the replicas of card ${card} share one whole accelerator`
  draft.unused([...path, 'partition'], whole)
  if ((pool.tensor_parallel ?? 1) > 1) draft.unused([...path, 'tensor_parallel'], whole)
  draft.unused([...path, 'heat'], `heat is not simulated on a shared card, as ${card} is`)
  if (pool.power?.limit_w !== undefined) {
    const why = `a power limit is not simulated on a shared card, as ${card} is`
    draft.unused([...path, 'power', 'limit_w'], why)
  }
  const first = draft.pools.find((candidate) => candidate.card === card)!
  if (first === pool) return
  checkAccelerator(pool, first, draft)
  checkIdle(pool, first, draft)
}

function checkAccelerator(pool: PoolDraft, first: PoolDraft, draft: Draft): void {
  const [stated, wanted] = [acceleratorName(pool), acceleratorName(first)]
  if (stated === null || wanted === null || stated === wanted) return
  const at = [...pool.path, 'accelerator']
  const text = `${wanted}, as of pool ${first.name} on the same card ${pool.card}`
  draft.refuse(draft.has(at) ? at : pool.path, text, stated)
}

/** The idle power of a card is divided among its replicas, so they must mean the same one. */
function checkIdle(pool: PoolDraft, first: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'power']
  const same = `as of pool ${first.name} on the same card ${pool.card}`
  if (acceleratorName(pool) === 'local' && (pool.power === null) !== (first.power === null)) {
    if (pool.power !== null) draft.unused(path, `pool ${first.name} on the same card has none`)
    else draft.refuse(pool.path, `the key power, ${same}`, 'nothing')
    return
  }
  const [stated, wanted] = [pool.power?.idle_w, first.power?.idle_w]
  if (stated === wanted) return
  const at = [...path, 'idle_w']
  const expected = wanted === undefined ? `no idle_w, ${same}` : `idle_w ${wanted}, ${same}`
  draft.refuse(draft.has(at) ? at : pool.path, expected, String(stated ?? 'none'))
}

function acceleratorName({ accelerator }: PoolDraft): string | null {
  return typeof accelerator === 'object' && accelerator !== null ? accelerator.name : accelerator
}
