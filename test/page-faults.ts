import { existsSync } from 'node:fs'

/** What makes a page hard to read or to use, found in a browser. */

export const BROWSER = '/usr/bin/chromium'
export const noBrowser = !existsSync(BROWSER) && process.env.CI !== 'true'

/** The widths of a desktop and of a phone in CSS pixels, each in light and in dark. */
export const VIEWS = [1200, 380].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)

/** Run in a page with axe: serious and critical faults, each with its first element. */
export const FAULTS = `axe.run(document).then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => id + ': ' + nodes.length + ' times, such as ' + nodes[0].html.slice(0, 300)))`

/** Run in a page: how much wider than the window it is, in CSS pixels. */
export const OVERFLOW =
  'document.documentElement.scrollWidth - document.documentElement.clientWidth'
