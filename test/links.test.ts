import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { githubSlug, headingText } from '../tools/site/headings.ts'
import { pages } from './documents.ts'
import { proseOfPage } from './plain-words.ts'
import { ROOT } from './spillway.ts'

/** Anchors of links, in every page of the repository, as GitHub and the site make them. */

const withoutBlocks = (markdown: string) => markdown.replace(/^\s*```[\s\S]*?^\s*```/gm, '')

function anchorsOf(markdown: string): Set<string> {
  const text = withoutBlocks(markdown)
  const anchors = new Set<string>()
  for (const [, heading] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = githubSlug(headingText(heading!))
    let unique = slug
    for (let i = 1; anchors.has(unique); i += 1) unique = `${slug}-${i}`
    anchors.add(unique)
  }
  const marked = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!)
  return new Set([...anchors, ...marked])
}

/** Links of a page with an anchor; paths are relative to the root of the repository. */
function anchorLinks(page: string, markdown: string) {
  const links = proseOfPage(markdown).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)
  return [...links].map(([, path, anchor]) => ({
    page,
    path: path === '' ? page : join(dirname(page), path!),
    anchor: anchor!,
  }))
}

test('the anchors of headings and of marked places are found', () => {
  const page = '# A `b`\n## A b\n```\n## c\n```\n- <a id="term"></a>**Term**\n'
  expect([...anchorsOf(page)]).toEqual(['a-b', 'a-b-1', 'term'])
})

test('every anchor that a page links to exists', () => {
  const texts = pages().map((page) => [page, readFileSync(join(ROOT, page), 'utf8')] as const)
  const anchors = new Map(texts.map(([page, text]) => [page, anchorsOf(text)]))
  const links = texts.flatMap(([page, text]) => anchorLinks(page, text))
  expect(links.length).toBeGreaterThan(20)
  // that the page itself exists is another test's
  const dead = links.filter(({ path, anchor }) => anchors.get(path)?.has(anchor) === false)
  expect(dead.map(({ page, path, anchor }) => `${page}: ${path}#${anchor}`)).toEqual([])
})
