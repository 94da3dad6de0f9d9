import type { Path } from '../parse/located.ts'
import { didYouMean } from '../parse/nearest.ts'
import { unpricedPool } from './check-accelerators.ts'
import { knowsPrompts, mayShare, SHARING } from './check-prefixes.ts'
import type { Draft, PoolDraft } from './draft.ts'

/** Checks that routers know what their policies depend on. */
export function checkRouting(draft: Draft): void {
  const { router, decodePools } = draft
  const among = draft.pools.filter(({ name }) => name === null || !decodePools.includes(name))
  if (router?.policy === 'weighted') {
    for (const name of Object.keys(router.weights)) named(name, ['router', 'weights', name])
  }
  if (router?.policy === 'length-threshold') {
    named(router.short, ['router', 'short'])
    named(router.long, ['router', 'long'])
    if (router.short === router.long) {
      draft.refuse(['router', 'long'], `another pool than short, which is ${router.short}`)
    }
    checkEnds(draft, among, [router.short, router.long])
  }
  if (router?.policy === 'latency-target') checkTargets(draft, router.target_ms === undefined)
  if (router?.policy === 'least-work' || router?.policy === 'latency-target') {
    for (const pool of among) refuseGeneration(pool, ['router', 'policy'], router.policy, draft)
  }
  if (router?.policy === 'session-affinity') checkSessions(['router', 'policy'], draft)
  if (router?.policy === 'prefix-affinity') checkPrompts(['router', 'policy'], draft)
  if (router) checkOwnSends(router, ['router'], draft)
  for (const pool of draft.pools) checkQueueRouting(pool, draft)

  function named(name: string, path: Path): void {
    const names = among.flatMap((pool) => pool.name ?? [])
    if (names.length < among.length || names.includes(name)) return
    const report = path.at(-1) === name ? draft.refuseKey : draft.refuse
    const got = `"${name}"${didYouMean(name, names)}`
    report.call(draft, path, `a pool that requests arrive at (${names.join(', ')})`, got)
  }
}

/** Every class chooses between the two pools, and no other pool is left without requests. */
function checkEnds(draft: Draft, among: readonly PoolDraft[], ends: readonly string[]): void {
  const other = among.find(({ name }) => name !== null && !ends.includes(name))
  if (other !== undefined) {
    draft.refuse([...other.path, 'name'], 'one of the two pools of router length-threshold')
  }
  if (draft.lengthless) {
    draft.refuse(['router', 'policy'], 'another policy, as no model depends on the length')
  }
  for (const { path, model } of draft.classes) {
    if (model === null || other !== undefined) continue
    const without = among.find((pool) => pool.model !== null && pool.model !== model)
    if (without === undefined) continue
    const text = `the model of both pools of router length-threshold; ${without.name} has another`
    draft.refuse([...path, 'model'], text)
  }
}

function checkTargets(draft: Draft, byObjective: boolean): void {
  const unpriced = unpricedPool(draft)
  if (unpriced !== undefined) {
    const text = `another policy, or the key price_usd_per_hour in pool ${unpriced.name}`
    draft.refuse(['router', 'policy'], text)
  }
  if (!byObjective) return
  const aimless = draft.classes.find(
    ({ name }) =>
      name !== null && !draft.slo.get(name)?.some((objective) => objective?.kind === 'latency'),
  )
  if (aimless === undefined) return
  const text = `the key target_ms, or an objective on latency_ms for class ${aimless.name}`
  draft.refuse(['router'], text, 'neither')
}

function checkQueueRouting(pool: PoolDraft, draft: Draft): void {
  const routing = pool.queue?.routing
  if (routing === undefined || pool.queue?.mode !== 'per-replica') return
  const policy = typeof routing === 'string' ? routing : routing.policy
  const path = [...pool.path, 'queue', 'routing']
  if (policy === 'least-work') refuseGeneration(pool, path, policy, draft)
  if (policy === 'session-affinity') checkSessions(path, draft)
  if (policy === 'prefix-affinity') checkPrompts(path, draft)
  if (typeof routing !== 'string') checkOwnSends(routing, path, draft)
  if (policy === 'peak-ewma' && draft.decodePools.includes(pool.name ?? '')) {
    const why = `its requests arrive by KV transfer, whose response times are not observed`
    draft.refuse(path, `another policy than peak-ewma in pool ${pool.name}, as ${why}`)
  }
}

function checkOwnSends(routing: object, path: Path, draft: Draft): void {
  if (!('count_own_sends' in routing) || 'view_age_ms' in routing) return
  const why = 'without view_age_ms the router sees the loads of the instant, which count them'
  draft.unused([...path, 'count_own_sends'], why)
}

function refuseGeneration(pool: PoolDraft, path: Path, policy: string, draft: Draft): void {
  if (!draft.generates(pool)) return
  const why = `it predicts batches, and pool ${pool.name} has generation`
  draft.refuse(path, `another policy than ${policy}, as ${why}`)
}

function checkSessions(path: Path, draft: Draft): void {
  if (draft.classes.some((traffic) => traffic.arrivals === null || knowsPrompts(traffic))) return
  draft.refuse(path, 'another policy, or a class with carry_context or hash_ids of a trace')
}

function checkPrompts(path: Path, draft: Draft): void {
  if (mayShare(draft)) return
  draft.refuse(path, `another policy, or a class with ${SHARING}`)
}
