import type { Random } from '../../sim/kernel/index.ts'
import {
  chance,
  changes,
  magnitude,
  NASTY_NUMBERS,
  NASTY_STRINGS,
  NASTY_VALUES,
  pick,
} from './choose.ts'

type Parent = Record<string, unknown> | unknown[]

/** A value in a tree, with its position. */
interface Spot {
  readonly parent: Parent
  readonly key: string
  readonly value: unknown
}

/** Values that replace others, by their original key. */
export type Donors = ReadonlyMap<string, readonly unknown[]>

/** Limit per list: otherwise nearly all picks would be from long lists of numbers. */
const MOST_OF_A_LIST = 20

function* spotsOf(tree: unknown): Generator<Spot> {
  if (typeof tree !== 'object' || tree === null || ArrayBuffer.isView(tree)) return
  const entries = Object.entries(tree)
  for (const [key, value] of Array.isArray(tree) ? entries.slice(0, MOST_OF_A_LIST) : entries) {
    yield { parent: tree as Parent, key, value }
    yield* spotsOf(value)
  }
}

export function donorsOf(trees: readonly unknown[]): Donors {
  const donors = new Map<string, unknown[]>()
  for (const tree of trees) {
    for (const { parent, key, value } of spotsOf(tree)) {
      const name = Array.isArray(parent) ? '[]' : key
      const values = donors.get(name)
      if (values === undefined) donors.set(name, [value])
      else values.push(value)
    }
  }
  return donors
}

function remove({ parent, key }: Spot): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete parent[key]
}

function put({ parent }: Spot, key: string, value: unknown): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1, value)
  else
    Object.defineProperty(parent, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
}

function otherNumber(value: number, random: Random): number {
  if (chance(random, 0.5)) return pick(random, NASTY_NUMBERS)
  return value * pick(random, [-1, 1 / 1000, 0.1, 0.5, 0.99, 1.01, 2, 10, 1000])
}

/** Changes a tree in place, one to a few times. */
export function mutateTree(tree: unknown, random: Random, donors: Donors): void {
  for (let left = changes(random); left > 0; left--) {
    const spots = [...spotsOf(tree)]
    if (spots.length === 0) return
    const spot = pick(random, spots)
    const share = random.uniform()
    const candidates = donors.get(Array.isArray(spot.parent) ? '[]' : spot.key) ?? []
    if (typeof spot.value === 'number' && share < 0.7) {
      put(spot, spot.key, otherNumber(spot.value, random))
    } else if (share < 0.5 && candidates.length > 0) {
      put(spot, spot.key, structuredClone(pick(random, candidates)))
    } else if (share < 0.6) {
      remove(spot)
    } else if (share < 0.8) {
      const key = pick(random, [...donors.keys()])
      const to =
        typeof spot.value === 'object' && spot.value !== null ? (spot.value as Parent) : spot.parent
      const value = structuredClone(pick(random, donors.get(key)!))
      if (Array.isArray(to)) to.splice(random.integer(to.length + 1), 0, value)
      else put({ ...spot, parent: to }, key, value)
    } else if (share < 0.87) {
      // renames an existing key
      remove(spot)
      const key = chance(random, 0.5)
        ? pick(random, NASTY_STRINGS)
        : pick(random, [...donors.keys()])
      put(spot, Array.isArray(spot.parent) ? spot.key : key, spot.value)
    } else if (share < 0.9 && Array.isArray(spot.parent)) {
      const copies = new Array<unknown>(magnitude(random, 3000)).fill(spot.value)
      spot.parent.splice(0, 0, ...copies)
    } else {
      put(spot, spot.key, structuredClone(pick(random, NASTY_VALUES)))
    }
  }
}

/** Factors that leave most scenarios valid. */
const GENTLE = [0.1, 0.3, 0.5, 0.9, 1.1, 2, 3, 10]

/** Changes numbers of a tree a little, so that most of what comes out can be simulated. */
export function nudgeTree(tree: unknown, random: Random): void {
  for (let left = 1 + random.integer(4); left > 0; left--) {
    const numbers = [...spotsOf(tree)].filter(({ value }) => typeof value === 'number')
    if (numbers.length === 0) return
    const spot = pick(random, numbers)
    const value = (spot.value as number) * pick(random, GENTLE)
    const isWhole = Number.isInteger(spot.value)
    put(spot, spot.key, isWhole ? Math.max(1, Math.round(value)) : value)
  }
}
