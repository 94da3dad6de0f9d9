import { Failure, isHeaderText, variablesIn, withVariables } from '../../scenarios/index.ts'

/** Headers of a target as its scenario has them. */
export type HeaderTexts = Readonly<Record<string, string>>

/** Values that are shorter could be any part of an answer. */
const FEWEST_OF_KEY = 8
const HIDDEN = '*'.charCodeAt(0)

/** Headers of each call, and the keys in them, which must not be in what is shown of an answer. */
export class CallHeaders {
  readonly values: Readonly<Record<string, string>>
  readonly #keys: readonly Buffer[]

  /** Throws `Failure`, without its value, where a variable is not set or cannot be in a header. */
  constructor(texts: HeaderTexts) {
    const keys = new Set<string>()
    const held = (name: string) => {
      const value = process.env[name] ?? ''
      keys.add(value)
      return value
    }
    const problems = headerProblems(texts)
    if (problems.length > 0) throw new Failure(problems)
    this.values = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, withVariables(text, held)]),
    )
    this.#keys = [...keys]
      .filter((key) => key.length >= FEWEST_OF_KEY)
      .map((key) => Buffer.from(key))
  }

  /** Hides the keys in an answer, in place: a server may repeat what it was sent. */
  hideKeys(body: Uint8Array): void {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
    for (const key of this.#keys) {
      for (let at = bytes.indexOf(key); at >= 0; at = bytes.indexOf(key, at + key.length)) {
        bytes.fill(HIDDEN, at, at + key.length)
      }
    }
  }

  /** The same for the text of a header or an error. */
  withoutKeys(text: string): string {
    return this.#keys.reduce((left, key) => left.replaceAll(`${key}`, '***'), text)
  }
}

/** Variables that headers name and that cannot be used, without their values. */
export function headerProblems(texts: HeaderTexts): string[] {
  return Object.values(texts)
    .flatMap(variablesIn)
    .flatMap((name) => {
      const value = process.env[name]
      if (value === undefined || value === '') return `set the environment variable ${name}`
      return isHeaderText(value)
        ? []
        : `the environment variable ${name} has characters that no header has, such as a line break`
    })
}
