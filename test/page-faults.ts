import { existsSync } from 'node:fs'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** What makes a page hard to read or to use, found in a browser. */

export const BROWSER = '/usr/bin/chromium'
export const noBrowser = !existsSync(BROWSER) && process.env.CI !== 'true'

/** The widths of a desktop and of a phone, CSS pixels. */
const [DESKTOP, PHONE] = [1200, 380]

export const sizeOf = (width: number) => ({ width, height: 1000 })
export const onPhone = sizeOf(PHONE)

/** Rules whose outcome depends on the width of the window. */
const OF_WIDTH = ['scrollable-region-focusable', 'target-size']

/** Run in a page with axe: serious and critical faults, each with its first element. */
const faults = (options: object) => `axe.run(document, ${JSON.stringify(options)})
  .then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.length + ' times, such as ' + nodes[0].html.slice(0, 300)))`

/** Run in a page: how much wider than the window it is, in CSS pixels. */
export const OVERFLOW =
  'document.documentElement.scrollWidth - document.documentElement.clientWidth'

/** Serious and critical faults of the page as it is, by all rules or by some. */
export async function faultsOf(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  if ((await page.evaluate('typeof axe')) === 'undefined') {
    await page.addScriptTag({ content: axe.source })
  }
  return (await page.evaluate(
    faults(rules === undefined ? {} : { runOnly: rules }),
  )) as readonly string[]
}

/**
 * Expects no fault by any rule on a desktop, none of contrast in the dark, and neither a fault of
 * width nor anything wider than the window on a phone: what else a rule sees is the same there.
 * `reload`: for pages that choose their colours by a script.
 */
export async function expectNoFaults(page: Page, { reload = false } = {}): Promise<void> {
  expect(await faultsOf(page), `${DESKTOP} px, light`).toEqual([])
  expect(await page.evaluate(OVERFLOW)).toBe(0)
  await page.emulateMedia({ colorScheme: 'dark' })
  if (reload) await page.reload()
  expect(await faultsOf(page, ['color-contrast']), `${DESKTOP} px, dark`).toEqual([])
  await page.setViewportSize(onPhone)
  expect(await faultsOf(page, OF_WIDTH), `${PHONE} px`).toEqual([])
  expect(await page.evaluate(OVERFLOW)).toBe(0)
}

/** As `expectNoFaults` finds a page. */
export const onDesktop = { viewport: sizeOf(DESKTOP), colorScheme: 'light' } as const
