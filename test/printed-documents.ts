import { expect } from 'vitest'
import * as z from 'zod'
import type { Ended } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

type JsonSchema = Parameters<typeof z.fromJSONSchema>[0]

/** Documents that commands print with --json, and checks by their published schemas. */
export function printedDocuments(run: (...args: string[]) => Promise<Ended>) {
  /**
   * Runs a command with --json and returns its document, which the exit code matches; `run` ends
   * with 0 whatever its verdicts.
   */
  async function documentOf(...args: string[]): Promise<unknown> {
    const ended = await run(...args, '--json')
    expect(ended.stdout.endsWith('\n'), `${args.join(' ')}: ${ended.stderr}`).toBe(true)
    const document = JSON.parse(ended.stdout)
    expectExitBy(args[0] === 'run' ? {} : document, ended)
    return document
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
