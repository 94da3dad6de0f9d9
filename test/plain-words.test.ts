import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pages } from './documents.ts'
import { avoidedWords, proseOfPage } from './plain-words.ts'
import { proseOfSource, repositoryFiles, sourceFiles } from './source-files.ts'
import { ROOT } from './spillway.ts'

describe('plain words', () => {
  const avoidedIn = (text: string) => avoidedWords([{ path: 'page', text }])

  test('pages avoid the words on the list', () => {
    const prose = pages().map((path) => ({
      path,
      text: proseOfPage(readFileSync(join(ROOT, path), 'utf8')),
    }))
    expect(prose.length).toBeGreaterThan(20)
    expect(avoidedWords(prose)).toEqual([])
  })

  test('shipped scenarios and accelerators avoid them, too', () => {
    const paths = repositoryFiles().filter((path) =>
      /^scenarios\/(library|accelerators)\//.test(path),
    )
    expect(paths.length).toBeGreaterThan(20)
    const texts = paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
    expect(avoidedWords(texts)).toEqual([])
  })

  test('comments, printed texts and test titles avoid them, too', () => {
    const prose = sourceFiles()
      .filter(({ path }) => !path.startsWith('test/plain-words'))
      .map(({ path, text }) => ({ path, text: proseOfSource(text) }))
    expect(avoidedWords(prose)).toEqual([])
  })

  test.each([
    'Who does not fit waits.',
    'Nobody overtakes it.',
    'The arrivals of those\nwho wait.',
    'The control plane is told when it ends.',
    'Requests come to a pool.',
    'A limit goes by the pool.',
    'Models that come and go.',
    'How long that takes a calibration measures.',
    'How much of it is free the real arena does not tell.',
  ])('the list finds: %s', (text) => {
    expect(avoidedIn(text)).toHaveLength(1)
  })

  test.each([
    'For people who run services.',
    'A request whose deadline is over leaves the queue.',
    'Calibration measures how long a load takes.',
    'What the audit reports is in the rows.',
    'The error of the mean shows how much the machine drifts.',
  ])('the list allows: %s', (text) => {
    expect(avoidedIn(text)).toEqual([])
  })

  test('code on a page is no prose, and lines keep their numbers', () => {
    const page = 'one `who`\n```\nwho\n```\nwho\n'
    expect(avoidedIn(proseOfPage(page))).toEqual([expect.stringContaining('page:5: "who"')])
  })
})
