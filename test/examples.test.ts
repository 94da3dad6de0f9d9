import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command, type Option } from 'commander'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { prepare } from '../runtime/jobs/prepare.ts'
import {
  loadScenario,
  modelKey,
  parseAccelerator,
  parseScenario,
  scenarioSchema,
  shippedNames,
  starterScenario,
} from '../scenarios/index.ts'
import {
  objectiveFigures,
  recordedReplication,
  recordJudged,
  resolveSystem,
  runReplication,
} from '../sim/experiment/index.ts'
import { blocksOfPage, commandLines, exampleLines, pages } from './documents.ts'
import { madeUpProfile } from './profiles.ts'
import { scenarioOf } from './scenarios.ts'
import { repositoryFiles } from './source-files.ts'
import { ROOT } from './spillway.ts'

/** Shipped and documented examples work. */

test('README shows the command of each demo', () => {
  const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const demos = Object.entries(scripts).filter(([name]) => name.startsWith('demo'))
  expect(demos.map(([name]) => name)).toEqual(['demo', 'demo:generation'])
  for (const [name, script] of demos) {
    const words = /^tsx cli\.ts run scenarios\/library\/([\w-]+)\.yaml(.*) --out /.exec(script)
    const [, scenario, options] = words!
    const out = name.replace(':', '-')
    expect(read('README.md')).toContain(`spillway run ${scenario}${options} --out ${out}\n`)
  }
})

describe('the scenario library', () => {
  const LIBRARY = join(ROOT, 'scenarios/library')
  const scenarios = readdirSync(LIBRARY).filter((name) => name.endsWith('.yaml'))

  test.for(scenarios)('%s loads and can be simulated', async (name, context) => {
    const set: string[] = []
    if (name.startsWith('azure')) {
      const trace = name.endsWith('conv.yaml') ? 'conv' : 'code'
      const file = join(ROOT, `../shared/data/azure_llm_2023_${trace}.csv.gz`)
      if (!existsSync(file)) context.skip(`the trace is not here: ${file}`)
      set.push(`traffic.${trace}.arrivals.file=${file}`)
    }
    const prepared = await prepare(join(LIBRARY, name), { set })
    expect(prepared.scenario.name).toBe(name.replace('.yaml', ''))
    const { pools } = prepared.scenario
    const keys = pools.map((pool) => modelKey(prepared.scenario, pool))
    const profile = madeUpProfile(prepared.scenario)
    const models = profile.models.map((model) => ({
      ...model,
      content: prepared.contents[keys.indexOf(model.key)] as string,
    }))
    const system = resolveSystem(prepared, { ...profile, models })
    const run = runReplication(system, 0)
    for (const { counts } of run.classes) {
      const { arrived, ...ends } = counts
      expect(counts.served).toBeGreaterThan(0)
      expect(Object.values(ends).reduce((sum, n) => sum + n, 0)).toBe(arrived)
    }
    // what is judged is the same where nothing else is recorded
    const judged = recordedReplication(recordJudged, system, 0)
    expect(objectiveFigures(prepared.scenario, judged)).toEqual(
      objectiveFigures(prepared.scenario, run),
    )
  })

  test('the starter is a complete scenario', () => {
    expect(scenarioOf(starterScenario()).name).toBe('starter')
  })
})

describe.each(pages())('%s', (page) => {
  test('its scenarios, parts of scenarios and accelerators are valid', async () => {
    for (const { line, text } of blocksOfPage(page).filter(({ language }) => language === 'yaml')) {
      const at = `${page}:${line}`
      const value: unknown = parse(text)
      expect(value, at).toBeTypeOf('object')
      if (Object.hasOwn(value as object, 'accelerator')) {
        expect(() => parseAccelerator(text, at)).not.toThrow()
      } else if (!Object.hasOwn(value as object, 'spillway')) {
        const topKeys = Object.keys(scenarioSchema.unwrap().shape)
        expect(topKeys, at).toEqual(expect.arrayContaining(Object.keys(value as object)))
      } else if (/\baccelerator: (?!local\b)/.test(text)) {
        // its figures are from the catalogue
        await loadScenario({ file: at, text, directory: ROOT })
      } else expect(() => parseScenario(text, { file: at })).not.toThrow()
    }
  })

  test('it has no placeholders', () => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    expect(text.match(/^[A-Z][A-Z_]{4,}$/gm) ?? []).toEqual([])
  })

  test('the files that it names or links to exist', () => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const folders = 'sim|runtime|scenarios|reports|test|tools|docs'
    const named = [...text.matchAll(new RegExp(`(?<![\\w/.-])(?:${folders})(?:/[\\w.-]+)+`, 'g'))]
    // a path without an extension may be the beginning of one, as vitest takes it
    const files = repositoryFiles()
    // NAME stands for any
    const missing = named
      .map(([path]) => path.replace(/\.$/, ''))
      .filter((path) => !/\b(NAME|SUBJECT)\b/.test(path))
      .filter((path) => !files.some((file) => file.startsWith(path)))
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)]
      .map(([, to]) => join(dirname(page), to!))
      .filter((path) => !existsSync(join(ROOT, path)))
    expect([...missing, ...links]).toEqual([])
  })

  test('its terms are in the glossary', () => {
    const glossary = readFileSync(join(ROOT, 'docs/reference/glossary.md'), 'utf8')
    const text = readFileSync(join(ROOT, page), 'utf8')
    const terms = [...text.matchAll(/glossary\.md#([\w-]+)/g)].map(([, term]) => term!)
    expect(terms.filter((term) => !glossary.includes(`<a id="${term}">`))).toEqual([])
  })

  test('its npm scripts exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
    const text = readFileSync(join(ROOT, page), 'utf8')
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name)
    expect(named.filter((name) => scripts[name!] === undefined)).toEqual([])
  })
})

describe('command lines', () => {
  const COMMANDS = join(ROOT, 'runtime/commands')
  const shown = [
    ...pages().flatMap(commandLines),
    ...['cli.ts', ...readdirSync(COMMANDS).map((name) => `runtime/commands/${name}`)]
      .filter((path) => !path.endsWith('.test.ts'))
      .flatMap(exampleLines),
  ]

  /** The commands as registered in commander, including `models build`. */
  async function commandTable(): Promise<Map<string, Command>> {
    const table = new Map<string, Command>()
    for (const file of readdirSync(COMMANDS)) {
      if (file.endsWith('.test.ts')) continue
      const module = (await import(join(COMMANDS, file))) as { define?: (command: Command) => void }
      if (module.define === undefined) continue
      const command = new Command(file.replace('.ts', ''))
      module.define(command)
      table.set(command.name(), command)
      for (const inner of command.commands) table.set(`${command.name()} ${inner.name()}`, inner)
    }
    return table
  }

  test('on pages and in help texts name existing commands, options and files', async () => {
    const table = await commandTable()
    expect(table.size).toBeGreaterThanOrEqual(12)
    expect(shown.length).toBeGreaterThan(12)
    const wrong: string[] = []
    for (const { at, text } of shown) {
      const [first, second, ...rest] = text.split(/\s+/)
      const isSubcommand = table.has(`${first} ${second}`)
      const command = table.get(isSubcommand ? `${first} ${second}` : first!)
      // a word in capitals is a placeholder
      if (command === undefined && !/^(-|[A-Z]+$)/.test(first!)) wrong.push(`${at}: ${text}`)
      if (command === undefined) continue
      const words = isSubcommand ? rest : [second ?? '', ...rest]
      const options = command.options.map((option: Option) => option.long)
      for (const word of words) {
        const option = /^(--[\w-]+)/.exec(word)?.[1]
        const unknown = option !== undefined && option !== '--help' && !options.includes(option)
        const missing = word.startsWith('scenarios/') && !existsSync(join(ROOT, word))
        if (unknown || missing) wrong.push(`${at}: ${word} in: ${text}`)
      }
      // help texts have to work from an installed package, which has no folder of the repository
      const [, named] = /^([a-z][\w./-]*)/.exec(words[0] ?? '') ?? []
      const takesScenario = command.registeredArguments[0]?.name() === 'scenario'
      const shipped = takesScenario && named !== undefined && !named.endsWith('.yaml')
      if (shipped && !shippedNames().includes(named)) wrong.push(`${at}: ${named} in: ${text}`)
      const ofRepository = at.endsWith('.ts') && /\b(scenarios|test|docs)\//.test(text)
      if (ofRepository) wrong.push(`${at}: a path of the repository in: ${text}`)
    }
    expect(wrong).toEqual([])
  })
})
