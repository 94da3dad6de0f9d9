import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type DocumentName, kindOf, publishedNames } from '../../runtime/documents/index.ts'

/** The parts of JSON Schema under which fields are. */
interface Schema {
  readonly type?: unknown
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  /** of the values of a map */
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

/** Units that the end of a key stands for, and how a description names them. */
const UNITS: readonly (readonly [key: RegExp, unit: RegExp])[] = [
  [/(_m|M)s$/, /\bms\b/],
  [/(?<!per)_s$/, /\bs\b/],
  [/(^|_)mib$/, /\bMiB\b/],
  [/_gib$/, /\bGiB\b/],
  [/(_b|B)ytes$/, /\bbytes\b/],
  [/_rps$/, /\brequests per second\b/],
  [/^usd_/, /\bUSD\b/],
]

/** A described place in a schema: a property, or an object that is an item of a list. */
interface Place {
  readonly path: string
  readonly description: string | undefined
}

/** `stated`: whether the property above has the description, also of an object or null. */
function* placesOf(schema: Schema, path: string, stated = false): Generator<Place> {
  const { description, properties, additionalProperties: values, items } = schema
  if (properties !== undefined && !stated) yield { path, description }
  for (const [key, property] of Object.entries(properties ?? {})) {
    const own = `${path}.${key}`
    yield { path: own, description: property.description }
    yield* placesOf(property, own, true)
  }
  if (items !== undefined) yield* placesOf(items, `${path}[]`)
  if (typeof values === 'object') yield* placesOf(values, `${path}.NAME`)
  const { anyOf = [], oneOf = [] } = schema
  const branches = [...anyOf, ...oneOf].filter(({ type }) => type !== 'null')
  for (const branch of branches) yield* placesOf(branch, path, branches.length === 1)
}

/** `path: fault` for each place without a description that is a sentence with its unit. */
function faultsOf(schema: object, kind: string): string[] {
  return [...placesOf(schema, kind)].flatMap(({ path, description }) => {
    const fault = faultOf(description, path)
    return fault === null ? [] : [`${path}: ${fault}`]
  })
}

function faultOf(description: string | undefined, path: string): string | null {
  if (description === undefined) return 'has no description'
  const shown = JSON.stringify(description)
  if (!/^[A-Z]/.test(description) || /\. [a-z]/.test(description)) {
    return `a sentence does not begin with a capital: ${shown}`
  }
  if (!/[^.\s]\.$/.test(description)) return `does not end with a period: ${shown}`
  if (description.split(/\s+/).length < 3) return `has fewer than three words: ${shown}`
  const key = path.slice(path.lastIndexOf('.') + 1)
  const missing = UNITS.find(([named, unit]) => named.test(key) && !unit.test(description))
  return missing === undefined ? null : `does not name its unit: ${shown}`
}

/** As `spillway schema --document` prints it. */
async function jsonSchemaOf(kind: DocumentName): Promise<Schema> {
  const { schema } = await kindOf(kind)
  return z.toJSONSchema(schema!, { target: 'draft-7' }) as Schema
}

describe('fields of documents', () => {
  test.each(publishedNames)('every field of %s has a sentence, with its unit', async (kind) => {
    const schema = await jsonSchemaOf(kind)
    expect([...placesOf(schema, kind)].length).toBeGreaterThan(20)
    expect(faultsOf(schema, kind)).toEqual([])
  })

  test('fields are seen in lists, in lists of lists, in nullable objects and in unions', async () => {
    const places = async (kind: DocumentName) => [...placesOf(await jsonSchemaOf(kind), kind)]
    expect((await places('result')).map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'result',
        'result.classes[]',
        'result.classes[].latency.percentiles.p99_9.n',
        'result.tails[][].low',
        'result.worst_window.pools[].utilisation.value',
      ]),
    )
    const buffers = (await places('profile')).filter(({ path }) => path.includes('.steps[]'))
    expect(buffers.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'profile.models[].memory.steps[]',
        'profile.models[].memory.steps[].take.perItem',
        'profile.models[].memory.steps[].free',
      ]),
    )
  })

  test('a field without a sentence is found by its path', () => {
    const number = z.number()
    const item = z.strictObject({ value: number.describe('Value of it.'), bare: number })
    const schema = z
      .strictObject({
        list: z.array(item).nullable().describe('List of some items.'),
        either: z.union([z.strictObject({}), z.string()]).describe('One of two things.'),
        map: z.record(z.string(), item).describe('Items by their name.'),
        maybe: z.strictObject({}).nullable().describe('Null in some documents.'),
        fragment: number.describe('of a served request.'),
        second: number.describe('A first sentence. and a second one.'),
        open: number.describe('A sentence without an end'),
        short: number.describe('Too short.'),
        at_ms: number.describe('Time of an event.'),
        ended_ms: number.describe('Time of an event, ms.'),
      })
      .describe('A document that is made up.')
    expect(faultsOf(z.toJSONSchema(schema, { target: 'draft-7' }), 'doc')).toEqual([
      'doc.list[]: has no description',
      'doc.list[].bare: has no description',
      'doc.either: has no description',
      'doc.map.NAME: has no description',
      'doc.map.NAME.bare: has no description',
      'doc.fragment: a sentence does not begin with a capital: "of a served request."',
      'doc.second: a sentence does not begin with a capital: "A first sentence. and a second one."',
      'doc.open: does not end with a period: "A sentence without an end"',
      'doc.short: has fewer than three words: "Too short."',
      'doc.at_ms: does not name its unit: "Time of an event."',
    ])
  })
})
