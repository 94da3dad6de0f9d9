import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { allCharts } from '../charts/index.ts'
import { sampleInput } from '../sample-documents.test-helper.ts'
import { reportHtml } from './page.ts'

const BROWSER = '/usr/bin/chromium'
const command = 'spillway run payment-peak.yaml --seed 1'

describe('the report page', () => {
  test('needs no network and no script', async () => {
    const page = await reportHtml({ ...sampleInput(), command })
    expect(page).not.toMatch(/(src|href|url)\s*[=(]\s*["']?\s*(https?:|\/\/)/i)
    expect(page).not.toMatch(/<(script|link|img|iframe|object)\b|@import/i)
  })

  test('is under 1.5 MB for the finest series', async () => {
    const input = sampleInput({ buckets: 240 })
    const full = input.simulated.series.heat.counts.map((row) => row.map((_, i) => i + 1))
    for (const { series } of [input.simulated, input.measured]) series.heat.counts = full
    expect(Buffer.byteLength(await reportHtml({ ...input, command }))).toBeLessThan(1_500_000)
  })

  test('is under 1.6 MB for the largest maps of memory', async () => {
    const input = sampleInput({ memory: true })
    const owners = ['weights', 'batch 8 x 64', 'pattern 8 x 64', 'input', 'KV cache', 'free']
    const chunks = (c: number) =>
      Array.from({ length: 400 }, (_, r) => {
        const owner = owners[(r * 7 + c * 5 + r * c) % owners.length]!
        return { address_mib: r, mib: 1, owner }
      })
    const map = Array.from({ length: 60 }, (_, c) => ({ at_s: c / 2, chunks: chunks(c) }))
    const [space] = input.simulated.memory
    input.simulated.memory = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
      ...space!,
      name,
      map,
    }))
    expect(Buffer.byteLength(await reportHtml({ ...input, command }))).toBeLessThan(1_600_000)
  })

  test('escapes every text that comes from a document', async () => {
    const evil = `<script>alert("1")</script>&'`
    const input = sampleInput({ name: evil, pools: [evil, 'edge'] })
    input.measured.warnings = [evil]
    input.measured.host = { ...input.measured.host!, cpu: evil }
    const cell = input.simulated.classes[0]!
    cell.name = evil
    cell.latency.percentiles.p99 = { ...cell.latency.percentiles.p99_9, reason: evil }
    const page = await reportHtml({ ...input, comparison: null, command: evil })
    expect(page).not.toContain('<script')
    expect(page).toContain(
      '<pre><bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</bdi></pre>',
    )
  })

  test('leads with the effect of a change, before the checks of the simulation, and names both scenarios', async () => {
    const evil = `<script>'&"`
    const page = await reportHtml({ ...sampleInput({ pools: [evil] }), command })
    expect(page).not.toContain('<script')
    expect(page).toContain(
      '<li>pools.&lt;script&gt;&#39;&amp;&quot;.batching.max_batch: 8\u00a0→\u00a02</li>',
    )
    expect(page).toContain('<dd>payment-peak (b0b0cafe), requests c0ffee42</dd>')
    const order = [
      '<p class="verdict">B against A: p50 0.284× [0.279, 0.289], better; ',
      '2 of 2 objectives met, measured',
      '<h2>Can the simulation be trusted?',
      '<h2>B against A',
      'id="what-if"',
      'id="tail"',
      '<h2>Simulated against measured',
      'id="errors"',
      'id="error-split"',
      '<h2>Where the time went',
    ]
    const places = order.map((text) => page.indexOf(text))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(Math.min(...places)).toBeGreaterThan(0)
  })

  test('has memory after the charts over time, and out of memory beside the verdict', async () => {
    const input = sampleInput({ memory: true })
    input.measured.memory = []
    const page = await reportHtml({ ...input, command })
    const order = [
      'class="verdict',
      '<b>Out of memory</b> (<span class="simulated">simulated</span>): card ',
      '<figure',
      'id="machine-speed"',
      '<h2>Memory</h2>',
      'id="memory-curve-1"',
      'id="memory-map-1"',
      'Out of memory: causes and remedies, in all runs</caption>',
      '<h2>Batches, requests and pools',
    ]
    const places = order.map((text) => page.indexOf(text))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(Math.min(...places)).toBeGreaterThan(0)
    expect(page).not.toContain('further space')
    const [space] = input.simulated.memory
    input.simulated.memory.push({ ...space!, name: 'p4' }, { ...space!, name: 'p5' })
    expect(await reportHtml({ ...input, command })).toContain(
      '; 1 further space in the tables only.',
    )
  })

  test('does not mention memory if no pool has any', async () => {
    const input = sampleInput()
    const page = await reportHtml({ ...input, command })
    expect(/>Memory|id="memory|Out of memory/.test(page)).toBe(false)
  })

  test('has objectives, warnings and tables of both sides of a what-if', async () => {
    const input = sampleInput({ whatIf: true })
    const { simulated, measured } = sampleInput({ whatIf: true, limitMs: 0.01 })
    measured.warnings = ['replay 2 does not count: x (y)']
    input.comparison.what_if!.not_counted = [{ round: 1, reason: 'x', figure: 'y' }]
    const page = await reportHtml({ ...input, against: { simulated, measured }, command })
    const words = page.replaceAll(/<[^>]+>/g, '')
    expect(words).toMatch(/^FAIL – 1 of 2 objectives missed, B measured$/m)
    expect(words).toMatch(/^PASS – 2 of 2 objectives met, A measured$/m)
    expect(words).toContain('B measured: replay 2 does not count: x (y)')
    for (const side of ['A simulated', 'A measured', 'B simulated', 'B measured']) {
      const rows = page.match(new RegExp(`(interactive|central), ${side}<`, 'g'))
      // percentiles, requests, goodput and pools
      expect(rows!.length, side).toBeGreaterThanOrEqual(4)
    }
    expect(page).toContain('<caption>Both sides</caption>')
    // the reason stands above
    expect(words).toContain('round 2 does not count, as a replay of A or B does not')
    expect(await reportHtml({ ...input, command })).toContain('round 2 does not count: x (y)')
  })

  test('does not mention a change if there was none', async () => {
    const page = await reportHtml({ ...sampleInput({ whatIf: false }), command })
    expect(page).not.toMatch(/what.if/i)
  })

  test('has the verdict before the charts', async () => {
    const page = await reportHtml({ ...sampleInput({ verdict: 'FAIL' }), command })
    expect(page).toMatch(/class="verdict FAIL"[^\n]*FAIL/)
    expect(page.indexOf('class="verdict')).toBeLessThan(page.indexOf('<figure'))
  })

  test('without a comparison the objectives give the verdict', async () => {
    const { simulated } = sampleInput({ limitMs: 2 })
    const page = await reportHtml({ simulated, measured: null, comparison: null, command })
    expect(page).toContain('class="verdict FAIL"')
    expect(page).toContain('1 of 2 objectives missed')
  })

  test.each([
    ['simulated', ['measured', 'comparison']],
    ['measured', ['simulated', 'comparison']],
    ['comparison', ['simulated', 'measured']],
    ['none', ['simulated', 'measured', 'comparison']],
  ])('works with %s only', async (_, missing) => {
    const nulls = Object.fromEntries(missing.map((key) => [key, null]))
    const page = await reportHtml({ ...sampleInput(), ...nulls, command })
    expect(page).toContain(`<pre><bdi>${command}</bdi></pre>`)
    expect(page).not.toMatch(/undefined|NaN|\[object/)
    expect(page.includes('id="errors"')).toBe(!missing.includes('comparison'))
    const results = ['simulated', 'measured'].filter((key) => !missing.includes(key))
    expect(page.includes('id="tail"')).toBe(results.length > 0)
  })
})

const missing = !existsSync(BROWSER) && process.env.CI === undefined

describe('in a browser', () => {
  test.skipIf(missing)(
    `opens from disk without errors, each chart shown once, nothing wider than the window (needs ${BROWSER})`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'spillway-page-'))
      const browser = await chromium.launch({
        executablePath: BROWSER,
        args: ['--no-sandbox', '--headless'],
      })
      try {
        const path = join(folder, 'report.html')
        const input = sampleInput({ memory: true })
        await writeFile(path, await reportHtml({ ...input, command }))
        for (const width of [1280, 390]) {
          const page = await browser.newPage({ viewport: { width, height: 900 } })
          const errors: string[] = []
          page.on('console', (message) => {
            if (message.type() === 'error') errors.push(message.text())
          })
          page.on('pageerror', (error) => errors.push(String(error)))
          page.on('request', (request) => {
            if (!request.url().startsWith('file:')) errors.push(request.url())
          })
          await page.goto(pathToFileURL(path).href)
          const seen = await page.evaluate<Layout>(LAYOUT)
          expect(errors).toEqual([])
          expect(seen.overflow).toBe(0)
          expect(seen.figures).toHaveLength(allCharts(input).length)
          for (const { shown, right } of seen.figures) {
            expect(shown).toBe(1)
            expect(right).toBeLessThanOrEqual(width)
          }
          await page.close()
        }
      } finally {
        await browser.close()
        await rm(folder, { recursive: true })
      }
    },
  )
})

interface Layout {
  readonly overflow: number
  readonly figures: readonly { readonly shown: number; readonly right: number }[]
}

/**
 * Runs in the page: by how much it overflows, and the number of visible drawings of each figure.
 */
const LAYOUT = `(() => ({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  figures: [...document.querySelectorAll('figure')].map((figure) => {
    const boxes = [...figure.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect())
    const shown = boxes.filter(({ width, height }) => width > 100 && height > 100)
    return { shown: shown.length, right: Math.max(...shown.map(({ right }) => right)) }
  }),
}))()`
