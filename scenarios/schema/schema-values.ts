import { z } from 'zod'

/**
 * Numbers and names of the scenario format. Every number has an upper limit far beyond use, so that
 * no product of two numbers overflows. Numbers above 0 have a lower limit, so that no quotient
 * does.
 */

/** Names that every JavaScript object has: a map by names would find them instead of nothing. */
const TAKEN: readonly string[] = Object.getOwnPropertyNames(Object.prototype)

export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, 'a name of letters, digits, . _ or - (at most 100)')
  .refine((text) => !TAKEN.includes(text), 'another name: JavaScript has this one for itself')
export const positive = z.number().min(1e-9).max(1e12)
export const nonNegative = z.number().nonnegative().max(1e12)
export const count = z.int().positive().max(1e9)
export const seed = z.int().nonnegative()
/** Requests of a batch. */
export const batch = count.max(4096)
export const share = z.number().min(0).max(1)
export const off = z.boolean().default(false)
/** A priority as the key of a map. */
export const priorityKey = z.string().regex(/^([1-9]\d?|100)$/, 'a priority from 1 to 100')

/** A key that determines the kind of its map, such as `policy`, and the sentence on that kind. */
export const kind = <const K extends string>(value: K, description: string) =>
  z.literal(value).describe(description)
