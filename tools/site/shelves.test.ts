import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { put, temporaryFolder } from '../../test/spillway.ts'
import { navigation, neighbours, sidebar, titleOf } from './shelves.ts'

const docs = temporaryFolder()
const page = (path: string, text: string) => {
  mkdirSync(dirname(join(docs, path)), { recursive: true })
  put(docs, path, text)
}

page('guides/zebra.md', '# Zebra\n')
page('guides/plan.md', '# How many replicas?\n')
page('guides/added.md', '# Added `<later>`\n')
page('reference/document-result.md', '# Result\n')
page('reference/commands.md', '# Commands\n')
page('gallery/index.md', '# Gallery\n')
page('design/001-a.md', '# Not on the site\n')

describe('the sidebar', () => {
  test('has the shelves with pages: listed pages in their order, then the others by name', () => {
    const [guides, ...others] = sidebar(docs)
    expect(guides).toMatchObject({
      text: 'How-to guides',
      items: [
        { text: 'How many replicas?', link: '/guides/plan' },
        { text: 'Added &lt;later>', link: '/guides/added' },
        { text: 'Zebra', link: '/guides/zebra' },
      ],
    })
    expect(others.map(({ text }) => text)).toEqual(['Reference', 'Gallery'])
  })

  test('groups the pages of documents', () => {
    expect(sidebar(docs)[1]!.items).toEqual([
      { text: 'Commands', link: '/reference/commands' },
      {
        text: 'Documents',
        link: '/reference/document-result',
        collapsed: true,
        items: [{ text: 'Result', link: '/reference/document-result' }],
      },
    ])
  })

  test('has no page of a folder that is no shelf', () => {
    expect(JSON.stringify([sidebar(docs), navigation(docs)])).not.toContain('design')
  })
})

test('the bar at the top links to the first page of each shelf', () => {
  expect(navigation(docs)).toEqual([
    { text: 'How-to guides', link: '/guides/plan', activeMatch: '^/guides/' },
    { text: 'Reference', link: '/reference/commands', activeMatch: '^/reference/' },
    { text: 'Gallery', link: '/gallery/', activeMatch: '^/gallery/' },
  ])
})

test.each([
  ['index.md', false, '/guides/plan'],
  ['guides/zebra.md', '/guides/added', '/reference/commands'],
  ['reference/document-result.md', '/reference/commands', '/gallery/'],
  ['gallery/index.md', '/reference/document-result', false],
])('%s stands between %s and %s', (path, before, after) => {
  const { prev, next } = neighbours(docs, path)
  const links = [prev, next].map((found) => (found === false ? false : found.link))
  expect(links).toEqual([before, after])
})

test.each([
  ['text\n\n# A `code` title\n\n## Other\n', 'A code title'],
  ['# <a id="x"></a>A [link](page.md) in *it*\n', 'A link in it'],
  ['## No title\n', null],
])('the title of %j is %j', (markdown, title) => {
  expect(titleOf(markdown)).toBe(title)
})
