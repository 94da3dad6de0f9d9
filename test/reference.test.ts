import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { commandSections } from '../tools/reference/commands-page.ts'
import { referencePages, scenarioSchema } from '../tools/reference/pages.ts'
import { ScenarioExamples } from '../tools/reference/scenario-examples.ts'
import { exampleText } from '../tools/reference/schema-page.ts'
import { type JsonSchema, sectionsOf } from '../tools/reference/schema-sections.ts'
import { sourceFiles } from './source-files.ts'
import { ROOT } from './spillway.ts'

/** The reference is complete and current. */

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

describe('the reference', async () => {
  const pages = await referencePages()

  test.for([...pages.keys()])('%s is what `npm run docs` writes', (path) => {
    expect(read(path)).toBe(pages.get(path))
  })

  test('no page has a path of the machine that writes it', async () => {
    vi.stubEnv('SPILLWAY_CACHE', '/a/cache/of/this/machine')
    const commands = await commandSections().finally(() => vi.unstubAllEnvs())
    expect(commands).toContain('~/.cache/spillway/profile.json')
    expect(commands).not.toContain('/a/cache/of/this/machine')
    for (const page of pages.values()) expect(page).not.toContain(`${homedir()}/`)
  })

  test('every key of a scenario that is a value has an example', () => {
    const schema = scenarioSchema()
    const examples = new ScenarioExamples(schema)
    const withoutExample = sectionsOf(schema).flatMap(({ path, kind, schema: object, keys }) =>
      keys
        .filter(({ type }) => !/\]\(#|a map|anything/.test(type))
        .filter((key) => exampleText(key, examples.of(object, key.name)) === '')
        .map(({ name }) => `${path}${kind === null ? '' : ` (${kind})`}: ${name}`),
    )
    expect(withoutExample.filter((key) => !/: \$?(schema|description)$/.test(key))).toEqual([])
  })

  test('every environment variable that is read has a line', () => {
    const names = sourceFiles()
      .filter(({ path, isTest }) => !isTest && /^(runtime|cli\.ts)/.test(path))
      .flatMap(({ code }) => [
        ...[...code.matchAll(/process\.env\.(\w+)/g)].map(([, name]) => name!),
        ...[...code.matchAll(/\{([\w, ]+)\} = process\.env/g)].flatMap(([, list]) =>
          list!.split(',').map((name) => name.trim()),
        ),
      ])
    expect(names.length).toBeGreaterThan(3)
    const page = read('docs/reference/environment.md')
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})

test('every function of the library stands in its guide', () => {
  const exported = [...read('runtime/jobs/index.ts').matchAll(/^export \{([^}]*)\}/gm)]
    .flatMap(([, names]) => names!.split(',').map((name) => name.trim()))
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.replace(/^.* as /, ''))
  expect(exported).toEqual(expect.arrayContaining(['loadScenario', 'merge', 'run', 'simulate']))
  const guide = read('docs/guides/library.md')
  const missing = exported.filter((name) => !new RegExp(`[\`{ ]${name}\\b`).test(guide))
  expect(missing).toEqual([])
})

describe('sections of a schema', () => {
  const leaf: JsonSchema = {
    type: 'object',
    properties: { kind: { const: 'a', type: 'string' }, size_mib: { type: 'number', minimum: 1 } },
    required: ['kind'],
  }
  const root: JsonSchema = {
    type: 'object',
    properties: {
      first: { anyOf: [leaf, { type: 'object', properties: { kind: { const: 'b' } } }] },
      others: { type: 'array', items: { ...leaf, description: 'Said otherwise.' } },
    },
  }

  test('are each object once, by kind, with the other places where it stands', () => {
    const [top, a, b, ...further] = sectionsOf(root)
    expect(further).toEqual([])
    expect(top!.keys.map(({ type }) => type)).toEqual([
      '[kind: a](#first-kind-a) or [kind: b](#first-kind-b)',
      'a list of [kind: a](#first-kind-a)',
    ])
    expect([a!.kind, b!.kind]).toEqual(['kind: a', 'kind: b'])
    expect(a!.also).toEqual(['others[]'])
  })

  test('state what a value may be', () => {
    const types = sectionsOf({
      type: 'object',
      properties: {
        share: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
        count: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        how: { enum: ['fast', 'slow'] },
        text: { type: ['string', 'null'] },
      },
    })[0]!.keys.map(({ type }) => type)
    expect(types).toEqual([
      'a number > 0, ≤ 1',
      'a whole number ≥ 0',
      '`fast` or `slow`',
      'text or null',
    ])
  })
})
