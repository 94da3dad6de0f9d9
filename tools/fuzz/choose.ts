import type { Random } from '../../sim/kernel/index.ts'

export function pick<T>(random: Random, list: readonly T[]): T {
  if (list.length === 0) throw new Error('Expected something to pick from')
  return list[random.integer(list.length)]!
}

export const chance = (random: Random, share: number): boolean => random.uniform() < share

/** A whole number from 1 to `most`; each order of magnitude is equally likely. */
export const magnitude = (random: Random, most: number): number =>
  Math.floor(most ** random.uniform())

/** One of the entries, by their weights. */
export function pickWeighted<T extends { readonly weight: number }>(
  random: Random,
  entries: readonly T[],
): T {
  const total = entries.reduce((sum, { weight }) => sum + weight, 0)
  let left = random.uniform() * total
  return entries.find(({ weight }) => (left -= weight) < 0) ?? entries.at(-1)!
}

/** Number of changes to an input: mostly one, since a refused change hides the others. */
export const changes = (random: Random): number => (chance(random, 0.7) ? 1 : magnitude(random, 8))
