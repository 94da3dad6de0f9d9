import { didYouMean } from '../parse/nearest.ts'
import type { ClassDraft, Draft, PoolDraft } from './draft.ts'
import { checkLimits } from './ordered.ts'

/** Checks that places and networks fit each other, and that each request has a way to its pools. */
export function checkPlaces(draft: Draft): void {
  const { places, networks } = draft
  if (places === null) {
    checkNoPlaces(draft)
    return
  }
  const repeated = places.findIndex((name, i) => places.indexOf(name) < i)
  if (repeated >= 0) draft.refuse(['places', repeated, 'name'], 'a name of its own')
  draft.unused(['link'], 'places have networks of their own')
  for (const traffic of draft.classes) checkPlace(traffic, places, draft)
  for (const pool of draft.pools) checkPlace(pool, places, draft)
  for (const [i, network] of networks.entries()) {
    if (network !== null) checkNetwork(network, i, draft)
  }
  for (const traffic of draft.classes) checkClass(traffic, draft)
  for (const pool of draft.pools) checkHandOver(pool, draft)
}

/** Answers come from the pool that decodes, so it is where the pool is that took the request. */
function checkHandOver({ path, place, handOver }: PoolDraft, draft: Draft): void {
  if (handOver === null) return
  const to = draft.pools.find(({ name }) => name === handOver)
  if (place == null || to?.place == null || to.place === place) return
  const at = [...path, 'generation', 'hand_over', 'pool']
  draft.refuse(at, `a pool at ${place}, as KV transfers stay within a place`, `one at ${to.place}`)
}

function checkNoPlaces(draft: Draft): void {
  const without = 'the scenario has no places'
  draft.unused(['networks'], without)
  for (const { path } of [...draft.classes, ...draft.pools])
    draft.unused([...path, 'place'], without)
  for (const { path } of draft.classes) {
    draft.unused([...path, 'request_kib'], without)
    draft.unused([...path, 'answer_kib'], without)
  }
  if (draft.router?.policy !== 'locality') return
  draft.refuse(['router', 'policy'], 'another policy, or the key places, which gives distances')
}

function checkPlace(
  { path, place }: ClassDraft | PoolDraft,
  places: readonly string[],
  draft: Draft,
): void {
  if (place == null) {
    if (!draft.has([...path, 'place'])) {
      draft.refuse(path, `the key place, one of ${places.join(', ')}`, 'none')
    }
  } else if (!places.includes(place)) {
    const got = `"${place}"${didYouMean(place, places)}`
    draft.refuse([...path, 'place'], `one of the places (${places.join(', ')})`, got)
  }
}

function checkNetwork(
  network: NonNullable<Draft['networks'][number]>,
  i: number,
  draft: Draft,
): void {
  const path = ['networks', i]
  const places = draft.places!
  for (const [j, name] of network.between.entries()) {
    if (places.includes(name)) continue
    const got = `"${name}"${didYouMean(name, places)}`
    draft.refuse([...path, 'between', j], `one of the places (${places.join(', ')})`, got)
  }
  const [from, to] = network.between
  if (from === to) draft.refuse([...path, 'between', 1], 'another place than the first')
  const first = draft.networks.findIndex((known) => known !== null && connects(known, from, to))
  if (first >= 0 && first < i)
    draft.refuse(path, `two places that no other network connects`, `networks.${first}`)
  checkLimits(network.latency_ms, [...path, 'latency_ms'], draft)
  let end = 0
  for (const [j, { at_s, for_s }] of network.outages.entries()) {
    if (at_s < end) draft.refuse([...path, 'outages', j, 'at_s'], `at least the ${end} s before it`)
    end = at_s + for_s
  }
}

const connects = ({ between }: { between: readonly string[] }, from: string, to: string) =>
  between.includes(from) && between.includes(to) && from !== to

function checkClass(traffic: ClassDraft, draft: Draft): void {
  const { place } = traffic
  if (place == null || draft.networks.includes(null)) return
  for (const { name, place: to } of draft.poolsOf(traffic)) {
    if (name === null || to == null || to === place || draft.decodePools.includes(name)) continue
    if (draft.networks.some((network) => network !== null && connects(network, place, to))) continue
    const text = `a network between ${place}, the place of class ${traffic.name}, and ${to}`
    draft.refuse(['networks'], `${text}, the place of pool ${name}`, 'none')
    return
  }
}
