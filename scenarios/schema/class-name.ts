import { name } from './schema-values.ts'

/** A name of a class for a value of a trace, unlike the names that are `taken`. */
export function className(value: string, taken: readonly string[]): string {
  const plain = value.replaceAll(/[^a-z0-9._-]+/gi, '-').replaceAll(/^[^a-z0-9]+|-+$/gi, '')
  const base = plain === '' ? 'class' : plain.slice(0, 90)
  for (let number = 1; ; number++) {
    const text = number === 1 ? base : `${base}-${number}`
    if (name.safeParse(text).success && !taken.includes(text)) return text
  }
}
