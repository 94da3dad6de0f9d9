import * as z from 'zod'
import { NAME } from './name-rule.ts'

z.config({
  // a scenario is read once: to compile its parsers takes longer than they save
  jitless: true,
  // what is parsed comes from a text, so it has no cycles, for which Zod would look
  memoizer: { attach: () => {}, guard: () => {}, alloc: (_schema, _payload, empty) => empty },
})

/**
 * Numbers and names of the scenario format. Every number has an upper limit far beyond use, so that
 * no product of two numbers overflows. Numbers above 0 have a lower limit, so that no quotient
 * does.
 */

export const name = z
  .string()
  .regex(NAME.pattern, NAME.text)
  .refine((text) => !NAME.taken.includes(text), NAME.takenText)

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

/**
 * A schema that is built when it is first used: most scenarios use few, and all take 50 ms. Zod
 * would build it also where its key is absent, to find out that it may not be: what may be absent
 * is `lazy(...).optional()`.
 */
export function lazy<T extends z.core.SomeType>(build: () => T & MustBeThere<T>): z.ZodLazy<T> {
  const schema = z.lazy<T>(once(build))
  Object.defineProperties(schema._zod, {
    optin: { value: undefined },
    optout: { value: undefined },
  })
  return schema
}

type MustBeThere<T extends z.core.SomeType> = T['_zod']['optin'] extends string ? never : unknown

/** The same for a branch of a union. `mark`: the key and value that tell it from the others. */
export function branch<T extends z.core.SomeType>(
  mark: Partial<z.input<NoInfer<T>>>,
  build: () => T & MustBeThere<T>,
): z.ZodLazy<T> {
  const schema = lazy(build)
  const values = Object.entries(mark).map(([key, value]) => [key, new Set([value])])
  Object.defineProperty(schema._zod, 'propValues', { value: Object.fromEntries(values) })
  return schema
}

/** Builds what several schemas share when one of them is first used, and once. */
export function once<T>(build: () => T): () => T {
  let built: { readonly parts: T } | null = null
  return () => (built ??= { parts: build() }).parts
}
