import { expect } from 'vitest'
import { z } from 'zod'
import type { Ended } from './spillway.ts'

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0]

/** Documents that commands print with --json, and checks by their published schemas. */
export function printedDocuments(run: (...args: string[]) => Promise<Ended>) {
  /**
   * Runs a command with --json and returns its document; the exit code may be that of a verdict.
   */
  async function documentOf(...args: string[]): Promise<unknown> {
    const ended = await run(...args, '--json')
    expect([0, 4, 5], `${args.join(' ')}: ${ended.stderr}`).toContain(ended.code)
    expect(ended.stdout.endsWith('\n')).toBe(true)
    return JSON.parse(ended.stdout)
  }

  /** A check by the JSON Schema from `spillway schema`. */
  async function published(kind: string) {
    const schema = z.fromJSONSchema((await documentOf('schema', '--document', kind)) as JsonSchema)
    return (document: unknown) => {
      const { error } = schema.safeParse(document)
      expect(error?.issues ?? []).toEqual([])
    }
  }

  return { documentOf, published }
}
