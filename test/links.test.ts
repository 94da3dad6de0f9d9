import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { githubSlug } from '../tools/site/github-slug.ts'
import { pages } from './documents.ts'
import { proseOfPage } from './plain-words.ts'
import { ROOT } from './spillway.ts'

/** Anchors of links, in every page of the repository, as GitHub and the site make them. */

const withoutBlocks = (markdown: string) => markdown.replace(/^\s*```[\s\S]*?^\s*```/gm, '')

function anchorsOf(markdown: string): Set<string> {
  const text = withoutBlocks(markdown)
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!))
  for (const [, heading] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const words = heading!.replace(/<[^>]*>/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const slug = githubSlug(words)
    let unique = slug
    for (let i = 1; anchors.has(unique); i += 1) unique = `${slug}-${i}`
    anchors.add(unique)
  }
  return anchors
}

/** Links of a page with an anchor: `page#anchor`, relative to the root. */
function anchorLinks(page: string): { path: string; anchor: string }[] {
  const text = proseOfPage(readFileSync(join(ROOT, page), 'utf8'))
  return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)].map(([, path, anchor]) => ({
    path: path === '' ? page : join(page, '..', path!),
    anchor: anchor!,
  }))
}

test('the anchors of headings and of marked places are found', () => {
  const page = '# A `b`\n## A b\n```\n## c\n```\n- <a id="term"></a>**Term**\n'
  expect([...anchorsOf(page)]).toEqual(['term', 'a-b', 'a-b-1'])
})

test('every anchor that a page links to exists', () => {
  const texts = new Map(pages().map((page) => [page, readFileSync(join(ROOT, page), 'utf8')]))
  const links = pages().flatMap((page) => anchorLinks(page).map((link) => ({ page, ...link })))
  expect(links.length).toBeGreaterThan(20)
  const dead = links
    .filter(({ path }) => texts.has(path))
    .filter(({ path, anchor }) => !anchorsOf(texts.get(path)!).has(anchor))
  expect(dead.map(({ page, path, anchor }) => `${page}: ${path}#${anchor}`)).toEqual([])
})
