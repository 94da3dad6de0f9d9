import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sourceFiles } from '../../test/source-files.ts'
import { ROOT, temporaryFolder } from '../../test/spillway.ts'
import { CLAIMS } from './claims.ts'
import { documents, statedClaims, writeDocuments } from './documents.ts'
import { STUDY_NAMES } from './figures/index.ts'
import { withHead } from './head.ts'
import { RECORDS, readRecord } from './record.ts'
import { STUDIES } from './studies.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const REMEDY = 'differs from its record; npm run claims -- --write'

describe('documents', () => {
  test.each([...documents()])('%s states what the records state', (path, text) => {
    expect(read(path), REMEDY).toBe(text)
  })

  test('a figure that is changed by hand is noticed, and written anew', async () => {
    const root = temporaryFolder()
    for (const path of documents().keys()) {
      mkdirSync(join(root, dirname(path)), { recursive: true })
      cpSync(join(ROOT, path), join(root, path))
    }
    expect(await writeDocuments(root)).toEqual([])
    const readme = join(root, 'README.md')
    writeFileSync(readme, read('README.md').replace(/(cheapest\? \| )\d+/, '$1999'))
    const page = join(root, 'docs/background/fidelity.md')
    writeFileSync(page, read('docs/background/fidelity.md').replace(/commit `./, 'commit `x'))
    expect(await writeDocuments(root)).toEqual(['README.md', 'docs/background/fidelity.md'])
    expect(readFileSync(readme, 'utf8')).toBe(read('README.md'))
    expect(readFileSync(page, 'utf8')).toBe(read('docs/background/fidelity.md'))
  })

  test('a page keeps its title, and has one head however often it is written', () => {
    const record = readRecord('fidelity')!
    const page = withHead('# Title\n\nText.\n', record)
    expect(page.startsWith('# Title\n\n<!-- record of fidelity -->\nMeasured at')).toBe(true)
    expect(page.endsWith('\n\nText.\n')).toBe(true)
    expect(withHead(page, record)).toBe(page)
  })
})

describe('the table of claims', () => {
  test('every study has a claim, and no record is of another study', () => {
    expect(Object.keys(CLAIMS).sort()).toEqual([...STUDY_NAMES].sort())
    for (const study of STUDY_NAMES) expect(CLAIMS[study].length, study).toBeGreaterThan(0)
    const recorded = readdirSync(join(ROOT, RECORDS)).map((name) => name.replace(/\.json$/, ''))
    expect(recorded.filter((name) => !STUDY_NAMES.some((study) => study === name))).toEqual([])
  })

  test('every command is a script of package.json, and every page and dependence exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    for (const study of STUDY_NAMES) {
      const { script, page, dependsOn } = STUDIES[study]
      expect(scripts[script], study).toBeDefined()
      const paths = dependsOn.map((path) => path.replace(/^:\(glob\)|\/\*\.ts$/g, ''))
      for (const path of page === null ? paths : [page, ...paths]) {
        expect(existsSync(join(ROOT, path)), `${study}: ${path}`).toBe(true)
      }
    }
  })

  test('no sentence has a figure that is missing', () => {
    for (const { study, answer } of statedClaims()) {
      expect(answer, study).not.toMatch(/NaN|undefined|null|Infinity|\[object/)
    }
  })
})

/** What only prints, reads files or states what is wrong, and tools that are no part of a study. */
const IMMATERIAL = [
  ...['reports', 'sim/documents', 'sim/audit', 'scenarios', 'test'],
  ...['runtime/commands', 'runtime/folders', 'runtime/process', 'runtime/version.ts'],
  // the machine, and where the data lie
  ...['runtime/live/host.ts', 'tools/articles/published.ts'],
  ...['tools/claims', 'tools/study.ts', 'tools/markdown-table.ts', 'tools/site', 'tools/docs'],
]
const within = (path: string, folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`))

describe('what a study depends on', () => {
  const files = sourceFiles().filter(({ isTest }) => !isTest)

  test.each(STUDY_NAMES)('%s: has what its own files import', (study) => {
    const depends = STUDIES[study].dependsOn.map((path) =>
      path.replace(/^:\(glob\)|\/\*\.ts$/g, ''),
    )
    const own = files.filter(({ path }) => path.startsWith('tools/') && within(path, depends))
    expect(own.length).toBeGreaterThan(0)
    const missing = own.flatMap(({ imports }) =>
      imports.filter((path) => {
        const ours = /^(sim|runtime|tools|reports|scenarios|test)\//.test(path)
        if (!ours || within(path, IMMATERIAL) || within(path, depends)) return false
        // a door: some of what lies behind it is named
        const folder = dirname(path)
        return !(path.endsWith('/index.ts') && depends.some((one) => within(one, [folder])))
      }),
    )
    expect([...new Set(missing)]).toEqual([])
  })
})
