type CamelCase<K extends string> = K extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : K

/** An object with all its keys in camel case, those of nested objects, too. */
export type DeepCamel<T> = T extends readonly (infer E)[]
  ? readonly DeepCamel<E>[]
  : T extends object
    ? { readonly [K in keyof T as CamelCase<K & string>]: DeepCamel<T[K]> }
    : T

/** A section of a scenario with its keys in camel case; values and their units stay. */
export function inCamelCase<T>(section: T): DeepCamel<T> {
  const camel = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(camel)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
        camel(inner),
      ]),
    )
  }
  return camel(section) as DeepCamel<T>
}
