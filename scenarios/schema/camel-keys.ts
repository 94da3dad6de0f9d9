type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S

/** Each member of a union of scenario types, with its keys in camel case. */
export type CamelKeys<T> = T extends unknown
  ? { readonly [K in keyof T as CamelCase<K & string>]: T[K] }
  : never
