import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { loadScenario, shippedNames } from '../scenarios/index.ts'
import { ENTRIES, make, pageOf, sectionsOf } from '../tools/gallery/page.ts'
import { staleIn } from '../tools/gallery/stale.ts'
import { ROOT } from './spillway.ts'

/** The gallery of shipped scenarios is current; `npm run docs:gallery -- --check` tries it all. */

const FOLDER = join(ROOT, 'docs/gallery')
const page = readFileSync(join(FOLDER, 'index.md'), 'utf8')
const sections = sectionsOf(page)
const pictureOf = (name: string) => readFileSync(join(FOLDER, `${name}.svg`), 'utf8')
/** Text as it was before it was broken into lines. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ')

afterAll(closeSimulations)

test('every shipped scenario is in one entry', () => {
  expect(ENTRIES.flatMap(({ scenarios }) => scenarios).sort()).toEqual(shippedNames())
})

test('the page has these entries in their order, and the folder a picture of each', () => {
  expect([...sections.keys()]).toEqual(ENTRIES.map(({ name }) => name))
  expect(pageOf(sections)).toBe(page)
  const files = ENTRIES.map(({ name }) => `${name}.svg`)
  expect(readdirSync(FOLDER).sort()).toEqual([...files, 'index.md'].sort())
  const large = files.filter((file) => statSync(join(FOLDER, file)).size > 60_000)
  expect(large).toEqual([])
})

describe.each(ENTRIES)('$name', (entry) => {
  const section = sections.get(entry.name)!

  test('its section has its question, its scenarios and its commands', () => {
    expect(entry.question).toMatch(/\?/)
    const text = oneLine(section)
    expect(text).toContain(entry.question)
    for (const name of entry.scenarios) expect(text).toContain(`scenarios/library/${name}.yaml`)
    for (const { text: source } of entry.sources) expect(text).toContain(source)
    const [, commands] = /```sh\n([\s\S]*?)\n```/.exec(section)!
    expect(commands!.split('\n')).toEqual(entry.commands)
  })

  test('its picture has the title that the page states', () => {
    const [, title] = /!\[(.*)\]\(/.exec(section)!
    const words = pictureOf(entry.name)
      .replace(/<[^>]*>/g, ' ')
      .replaceAll('&lt;', '<')
    expect(oneLine(words)).toContain(oneLine(title!))
  })

  test('its commands name the profile where a model needs one', async () => {
    const paths = entry.scenarios.map((name) => join(ROOT, `scenarios/library/${name}.yaml`))
    const scenarios = await Promise.all(paths.map((path) => loadScenario(path)))
    const models = scenarios.flatMap(({ scenario }) => Object.values(scenario.models))
    const named = entry.commands.map((command) => command.includes(' --profile '))
    const needed = models.some((model) => !('work' in model))
    expect(new Set(named)).toEqual(new Set([needed]))
  })
})

describe('what the simulations give now', () => {
  /** Entries that take a second or two each, of each kind of chart. */
  const QUICK = ['first', 'orientation', 'ocr', 'payment-peak', 'overload']

  test.for(QUICK)('%s is as on the page', { timeout: 60_000 }, async (name) => {
    const made = await make(ENTRIES.find((entry) => entry.name === name)!)
    expect(made.section).toBe(sections.get(name))
    expect(made.svg).toBe(pictureOf(name))
  })

  test('a changed figure and a changed picture are found', () => {
    const changed = page.replace(/(\d)\.(\d)/, '$2.$1')
    expect(changed).not.toBe(page)
    const picture = { file: 'overload.svg', svg: pictureOf('overload').replace('svg', 'svg ') }
    const made = { page: changed, kept: page, pictures: [picture], others: ['old.svg'] }
    expect(staleIn(FOLDER, made)).toEqual([
      expect.stringMatching(/index\.md:\d+: expected ".*", got ".*"$/),
      expect.stringMatching(/overload\.svg: is another picture$/),
      expect.stringMatching(/old\.svg: belongs to no entry$/),
    ])
    const current = { file: 'overload.svg', svg: pictureOf('overload') }
    expect(staleIn(FOLDER, { page, kept: page, pictures: [current], others: [] })).toEqual([])
  })
})
