const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** How the value of a header names an environment variable. */
export const variable = (name: string): string => `\${${name}}`

/** Environment variables that the value of a header names, as `${NAME}`. */
export function variablesIn(value: string): string[] {
  return [...value.matchAll(VARIABLE)].map(([, name]) => name!)
}

/** The value with what its variables hold. */
export function withVariables(value: string, held: (name: string) => string): string {
  return value.replaceAll(VARIABLE, (_, name: string) => held(name))
}

/** Whether a text can be the value of a header: nothing in it ends the header. */
export const isHeaderText = (text: string): boolean => /^[\t\x20-\x7e]*$/.test(text)
