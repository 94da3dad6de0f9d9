import { visibleJson } from '../../scenarios/index.ts'

/** Columns of a line that holds a whole part. */
const WIDEST = 120

/** A JSON Schema as a file: what fits on a line is on one, the rest is indented by one space. */
export const schemaText = (schema: object): string => `${visibleJson(textOf(schema, '', 0))}\n`

/** `before`: columns that a line has between its indentation and the value. */
function textOf(value: unknown, indentation: string, before: number): string {
  const flat = JSON.stringify(value)
  const fits = indentation.length + before + flat.length < WIDEST
  if (typeof value !== 'object' || value === null || fits) return flat
  const inner = `${indentation} `
  const wrapped = ([first, last]: readonly [string, string], parts: readonly string[]) =>
    `${first}\n${parts.map((part) => `${inner}${part}`).join(',\n')}\n${indentation}${last}`
  if (Array.isArray(value))
    return wrapped(
      ['[', ']'],
      value.map((part) => textOf(part, inner, 0)),
    )
  const parts = Object.entries(value).map(([key, part]) => {
    const start = `${JSON.stringify(key)}: `
    return start + textOf(part, inner, start.length)
  })
  return wrapped(['{', '}'], parts)
}
