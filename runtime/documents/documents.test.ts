import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { sampleResult } from '../../reports/sample-documents.test-helper.ts'
import type { DocumentKind } from './document-kind.ts'
import { documents, kindOf, publishedNames } from './index.ts'
import { resultKind } from './result.ts'

const kinds: (readonly [name: string, kind: DocumentKind<unknown>])[] = []
for (const name of Object.keys(documents)) kinds.push([name, await kindOf(name)])

/** What the key `document` of a document has. */
function nameIn(schema: z.ZodType): unknown {
  const { properties } = z.toJSONSchema(schema) as {
    readonly properties?: { readonly document?: { readonly const?: unknown } }
  }
  return properties?.document?.const
}

describe('the table of documents', () => {
  test('publishes the format of each kind that has a schema', () => {
    const withSchema = kinds.filter(([, { schema }]) => schema !== undefined)
    expect(withSchema.map(([name]) => name)).toEqual(publishedNames)
  })

  test('tells kinds apart by the key document', () => {
    const names = kinds.flatMap(([, { schema }]) => (schema === undefined ? [] : [nameIn(schema)]))
    for (const name of names) expect(name).toMatch(/^spillway-/)
    expect(new Set(names).size).toBe(names.length)
  })

  test('has no two kinds in one file, and a file for each kind with a page', () => {
    const files = kinds.flatMap(([, { file }]) => file ?? [])
    expect(new Set(files).size).toBe(files.length)
    const paged = kinds.filter(([, { page }]) => page !== undefined)
    expect(paged.length).toBeGreaterThan(5)
    for (const [name, { file }] of paged) expect(file, name).toBeDefined()
  })

  test('states which command writes each kind', () => {
    for (const [name, { written }] of kinds) expect(written, name).toMatch(/^[A-Z].*\.$/)
  })
})

describe('the verdict of a result', () => {
  const judged = (...verdicts: ('PASS' | 'FAIL' | 'UNDECIDED')[]) => {
    const result = sampleResult('simulated')
    const [objective] = result.objectives
    const objectives = verdicts.map((verdict) => ({ ...objective!, verdict }))
    return resultKind.verdict!({ ...result, objectives })
  }

  test('is that of its worst objective', () => {
    expect(judged('PASS', 'FAIL', 'UNDECIDED')).toBe('FAIL')
    expect(judged('PASS', 'UNDECIDED')).toBe('UNDECIDED')
  })

  test('is none where no objective is stated', () => {
    expect(judged()).toBeNull()
  })
})
