/**
 * The documented draws of routers and proxies, written a second time: the finaliser of
 * MurmurHash3 (Appleby 2011) of a number and a purpose, as a number in (0, 1).
 */
export function draw(number: number, purpose: number): number {
  let bits = (number + Math.imul(purpose, 1_663_821_227)) | 0
  bits ^= bits >>> 16
  bits = Math.imul(bits, 2_246_822_507)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 3_266_489_909)
  bits ^= bits >>> 16
  return ((bits >>> 0) + 0.5) / 4_294_967_296
}

const ROUTERS = 1_540_483_477
const PER_ROUTER = 64
const SESSIONS = 739_982_445
const PLACES = 695_872_825

/** A draw of a router for a request, by its number among the draws for it. */
export function drawOf(key: number, router: number, number: number): number {
  return draw(key, ROUTERS + PER_ROUTER * router + number)
}

/**
 * The candidates that a router draws for a request. `router`: 0 for the one among pools, and 1 more
 * than the number of the pool within one. Draw j takes the floor(u n)-th of the n that are left.
 */
export function drawnFor(
  key: number,
  router: number,
  from: readonly number[],
  choices: number,
): number[] {
  const left = [...from]
  const drawn: number[] = []
  while (drawn.length < choices && left.length > 0) {
    const u = drawOf(key, router, drawn.length)
    drawn.push(...left.splice(Math.floor(u * left.length), 1))
  }
  return drawn
}

/** The candidates in the order in which a session prefers them; places are numbers from 0. */
export function preferredBy(
  session: { readonly block: number; readonly classIndex: number },
  places: readonly number[],
): number[] {
  const { block, classIndex } = session
  const hash = Math.floor(draw(block, SESSIONS + classIndex) * 4_294_967_296)
  const heights = places.map((place) => draw(hash, PLACES + place))
  return [...places.keys()].sort((a, b) => heights[b]! - heights[a]! || a - b)
}
