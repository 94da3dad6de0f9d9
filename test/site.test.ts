import { execFile } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { createMarkdownRenderer, resolveConfig } from 'vitepress'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  BROWSER,
  expectNoFaults,
  faultsOf,
  noBrowser,
  OVERFLOW,
  onDesktop,
  onPhone,
} from './page-faults.ts'
import { repositoryFiles } from './source-files.ts'
import { filesIn, put, ROOT, temporaryFolder } from './spillway.ts'

/** The documentation site: built from docs, and opened in a browser without a network. */

const execute = promisify(execFile)
const VITEPRESS = join(ROOT, 'node_modules/vitepress/bin/vitepress.js')
const BUILT = /^docs\/\.vitepress\/(cache|dist|\.temp)\b/

/** This repository with one more page: a build takes most of the time of all tests here. */
const repository = temporaryFolder()
const site = join(repository, 'site')
beforeAll(async () => {
  for (const name of readdirSync(ROOT)) {
    if (name !== 'docs') symlinkSync(join(ROOT, name), join(repository, name))
  }
  cpSync(join(ROOT, 'docs'), join(repository, 'docs'), {
    recursive: true,
    filter: (path) => !BUILT.test(relative(ROOT, path)),
  })
  const odd = 'Run <scenario> {{ x.y.z }} `{{ a.b }}` with </div> and {{.'
  put(repository, 'docs/odd.md', `# A\n\n${odd}\n`)
  await execute(process.execPath, [VITEPRESS, 'build', join(repository, 'docs'), '--outDir', site])
})

/** Pages of docs as paths of the site. */
const PAGES = repositoryFiles()
  .filter((path) => /^docs\/(?!design\/).*\.md$/.test(path))
  .map((path) => path.replace(/^docs|(index)?\.md$/g, ''))

/** The file of an address: pages have no extension in it. */
function fileOf(path: string): string {
  const plain = join(site, path)
  if (path.endsWith('/')) return join(plain, 'index.html')
  return existsSync(plain) ? plain : `${plain}.html`
}

const htmlOf = (path: string) => readFileSync(fileOf(path), 'utf8')

describe('the built site', () => {
  test('has every page of docs outside docs/design, and each is in the sidebar', () => {
    expect(PAGES.length).toBeGreaterThan(20)
    expect(PAGES.filter((path) => !existsSync(fileOf(path)))).toEqual([])
    expect(existsSync(join(site, 'design'))).toBe(false)
    const linked = new Set([...htmlOf('/').matchAll(/ href="([^"]+)"/g)].map(([, href]) => href))
    expect(PAGES.filter((path) => !linked.has(path))).toEqual([])
  })

  test('titles pages by their first heading', () => {
    expect(htmlOf('/guides/objectives')).toContain('<title>Objectives | Spillway</title>')
  })

  test('has no link to a page or place of its own that does not exist', () => {
    const ids = new Map(
      PAGES.map((path) => {
        const matches = htmlOf(path).matchAll(/ id="([^"]+)"/g)
        return [path, new Set([...matches].map(([, id]) => id!))] as const
      }),
    )
    const dead = PAGES.flatMap((page) =>
      [...htmlOf(page).matchAll(/<a [^>]*?href="([^"]+)"/g)]
        .map(([, href]) => new URL(href!, `https://site.test${page}`))
        .filter(({ host }) => host === 'site.test')
        .filter(({ pathname, hash }) => {
          const place = decodeURIComponent(hash.slice(1))
          return !(ids.get(pathname)?.has(place) ?? false) && !(place === '' && ids.has(pathname))
        })
        .map(({ pathname, hash }) => `${page}: ${pathname}${hash}`),
    )
    expect(dead).toEqual([])
  })

  test('carries the pictures that its pages show, and no others', () => {
    const shown = new Set(
      PAGES.flatMap((path) => [...htmlOf(path).matchAll(/<img [^>]*?src="([^"]+)"/g)]).map(
        ([, path]) => path!.slice(1),
      ),
    )
    const pictures = filesIn(site).filter((path) => /\.(png|jpe?g|svg|webp)$/.test(path))
    expect(pictures).toEqual([...shown].sort())
    expect(pictures.length).toBeGreaterThan(0)
  })
})

describe.skipIf(noBrowser)(`in a browser (needs ${BROWSER})`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] })
  })
  afterAll(() => browser?.close())

  /** A page of the site read from disk, and the requests for anything else. */
  async function opened(path: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext(options)
    const others: string[] = []
    await context.route('**', (route) => {
      const { host, pathname } = new URL(route.request().url())
      const file = fileOf(pathname)
      if (host === 'site.test' && existsSync(file)) return route.fulfill({ path: file })
      others.push(route.request().url())
      return route.abort()
    })
    const page = await context.newPage()
    await page.goto(`http://site.test${path}`)
    return { page, context, others }
  }

  const reference = readdirSync(join(ROOT, 'docs/reference'))
    .map((file) => ({ file, bytes: statSync(join(ROOT, 'docs/reference', file)).size }))
    .sort((a, b) => b.bytes - a.bytes)
  const largest = `/reference/${reference[0]!.file.replace('.md', '')}`

  test.each(['/', '/tutorial/first-answer', '/guides/objectives'])(
    '%s: axe finds no serious fault',
    async (path) => {
      const { page, context, others } = await opened(path, onDesktop)
      await expectNoFaults(page, { reload: true })
      expect(others).toEqual([])
      await context.close()
    },
  )

  test(`${largest}: axe finds no serious fault`, async () => {
    const { page, context, others } = await opened(largest, onDesktop)
    expect(await faultsOf(page)).toEqual([])
    expect(others).toEqual([])
    await context.close()
  })

  test('no page is wider than a phone; wide tables and blocks scroll in their own box', async () => {
    const { page } = await opened('/', { viewport: onPhone, javaScriptEnabled: false })
    const wide: string[] = []
    for (const path of PAGES) {
      await page.goto(`http://site.test${path}`)
      if ((await page.evaluate(OVERFLOW)) !== 0) wide.push(path)
    }
    expect(wide).toEqual([])
    await page.goto(`http://site.test${largest}`)
    expect(await page.evaluate(SCROLLED)).toBeGreaterThan(0)
    await page.context().close()
  })

  test('the search finds "batch window" in the pages themselves', async () => {
    const { page, context, others } = await opened('/')
    await page.locator('.DocSearch-Button').click()
    await page.fill('#localsearch-input', 'batch window')
    const first = page.locator('#localsearch-list a').first()
    await first.waitFor()
    expect((await first.textContent())!.toLowerCase()).toContain('batch')
    await first.click()
    await page.waitForURL(/site\.test\/(guides|reference|background)\//)
    expect(others).toEqual([])
    await context.close()
  })
})

/** Run in a page: tables that are wider than their box. */
const SCROLLED = `[...document.querySelectorAll('.vp-doc table')]
  .filter((table) => table.scrollWidth > table.clientWidth).length`

describe('the settings of the site', () => {
  test('text that a Vue template would take for its own stays text', () => {
    expect(htmlOf('/odd')).toContain('Run &lt;scenario&gt; {{ x.y.z }} <code>{{ a.b }}</code> with')
  })

  test('a dead link fails the build: VitePress gets every link, and may ignore none', async () => {
    const { ignoreDeadLinks, markdown, srcDir } = await resolveConfig(join(ROOT, 'docs'), 'build')
    expect(ignoreDeadLinks).toBeUndefined()
    const renderer = await createMarkdownRenderer(srcDir, markdown)
    const links: string[] = []
    const page = {
      path: join(srcDir, 'index.md'),
      relativePath: 'index.md',
      cleanUrls: true,
      links,
    }
    renderer.render('[b](missing.md)', page)
    expect(links).toEqual(['./missing'])
  })
})
