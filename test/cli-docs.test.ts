import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkPage } from '../tools/docs/check-page.ts'
import { pagesWith } from '../tools/docs/pages.ts'
import { unmarked } from '../tools/docs/run-page.ts'
import { guidesOf, otherPages, testPages } from './page-commands.ts'

/** Pages beside the guides, and what the check of pages finds. */

testPages(otherPages)

test('each page is run by one test file', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => name.startsWith('cli-guides-'))
  const run = [...otherPages, ...files.flatMap(guidesOf)]
  expect(run.sort()).toEqual([...pagesWith(unmarked)].sort())
})

describe('a page that is not true is found', () => {
  const page = (...lines: readonly string[]) => ['```console', ...lines, '```', ''].join('\n')
  const problemsOf = async (markdown: string) => (await checkPage('page', markdown)).problems

  const TINY = `\`\`\`yaml tiny.yaml
spillway: 1
name: tiny
duration_s: 1
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: deterministic, rate_rps: 4 } }]
pools: [{ name: central, model: m }]
\`\`\`
`

  test('a changed figure of a command', async () => {
    const { current } = await checkPage('page', TINY + page('$ spillway requests tiny.yaml'))
    expect(await problemsOf(current)).toEqual([])
    const line = current.split('\n').findIndex((text) => text.includes('at_ms')) + 1
    const changed = current.replace('"at_ms":', '"at_ms":9')
    const [problem, ...others] = await problemsOf(changed)
    expect(problem).toMatch(new RegExp(`^page:${line}: \\$ spillway requests tiny.yaml\n  - .*:9`))
    expect(others).toEqual([])
  })

  test('a changed word of a live block, and no changed figure', async () => {
    const block = (shown: string) =>
      page("$ echo 'p95 3 ms in 4 blocks'", shown).replace('console', 'console live')
    expect(await problemsOf(block('p95 8 ms in 10 blocks'))).toEqual([])
    expect(await problemsOf(block('p95 8 ms in 10 slices'))).toHaveLength(1)
  })

  test('a line beside an elision, which holds for any number of lines', async () => {
    expect(await problemsOf(page('$ seq 9', '1', '…', '8', '9'))).toEqual([])
    expect(await problemsOf(page('$ seq 9', '1', '…', '9', '9'))).toHaveLength(1)
  })

  test('a command that fails, unless the page shows its exit code', async () => {
    const [problem] = await problemsOf(page('$ spillway simulate absent.yaml'))
    expect(problem).toMatch(/^page:2: \$ spillway simulate absent.yaml\n {2}exit code 3: .*absent/)
    const shown = page('$ spillway simulate absent.yaml', '$ echo $?', '3')
    expect(await problemsOf(shown)).toEqual([])
    expect(await problemsOf(shown.replace('\n3\n', '\n0\n'))).toHaveLength(1)
  })

  test('a word after console that is no mark', async () => {
    const wrong = page('$ true').replace('console', 'console lively')
    await expect(checkPage('page', wrong)).rejects.toThrow('lively: expected live or slow')
  })

  test('blocks that are left out are not run', async () => {
    const live = page('$ false').replace('console', 'console live')
    const { problems } = await checkPage('page', live, { choice: unmarked })
    expect(problems).toEqual([])
    expect(await problemsOf(live)).toHaveLength(1)
  })
})
