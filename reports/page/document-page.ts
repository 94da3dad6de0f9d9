import type { TopLevelSpec } from 'vega-lite'
import { NARROW, WIDE } from '../charts/frame.ts'
import { toSvg } from '../charts/render.ts'
import { type Html, html, isolated, NOTHING, unmarked } from './html.ts'
import { PAGE_STYLE } from './page-style.ts'

/** The parts of a page about a document. */
interface Page {
  /** of the window */
  readonly title: string
  readonly heading: Html
  /** of the scenario, or what documents of this kind answer */
  readonly question?: Html
  /** begins with the answer */
  readonly body: Html
  /** what the figures are from */
  readonly made?: Html
  readonly command: string
  /** what the command does; default: reproduces it */
  readonly does?: string
  readonly foot?: Html
}

/** A page as one HTML file, which needs neither network nor scripts. */
export function documentPage({ title, heading, body, command, ...rest }: Page): string {
  const { question, made, does = 'reproduces it', foot } = rest
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${unmarked(title)}</title>
<style>${{ html: PAGE_STYLE }}</style>
</head>
<body><main>
<h1>${heading}</h1>
${question === undefined ? NOTHING : html`${question}\n`}${body}
${made === undefined ? NOTHING : html`<h2>How this was made</h2>\n${made}\n`}<p>This command ${does}:</p>
<pre>${isolated(command)}</pre>${foot === undefined ? NOTHING : html`\n${foot}`}
</main></body>
</html>
`.html
}

/** A chart, where there is anything to draw. */
export async function drawnFigure(
  name: string,
  draw: (width: number) => TopLevelSpec | null,
): Promise<Html> {
  const drawn = await drawnFigures((width) => {
    const spec = draw(width)
    return spec === null ? [] : [{ name, spec }]
  })
  return drawn.get(name) ?? NOTHING
}

/** Each chart drawn for wide and for narrow windows; the style sheet shows one of the two. */
export async function drawnFigures<Name extends string>(
  draw: (width: number) => readonly { readonly name: Name; readonly spec: TopLevelSpec }[],
): Promise<Map<Name, Html>> {
  const narrow = draw(NARROW)
  const drawn = new Map<Name, Html>()
  for (const [i, { name, spec }] of draw(WIDE).entries()) {
    const drawings = [
      await drawing(name, 'wide', spec),
      await drawing(name, 'narrow', narrow[i]!.spec),
    ]
    drawn.set(name, html`<figure id="${name}">${drawings}</figure>\n`)
  }
  return drawn
}

async function drawing(name: string, size: 'wide' | 'narrow', spec: TopLevelSpec): Promise<Html> {
  const svg = await toSvg(spec)
  const { title, description } = titleOf(spec)
  const id = `${name}-${size}`
  const label = html`<title id="${id}-title">${unmarked(title)}</title><desc id="${id}-desc">${unmarked(description)}</desc>`
  const root = `<svg role="img" aria-labelledby="${id}-title ${id}-desc" `
  const named = svg.replace('<svg ', root).replace(/^<svg[^>]*>/, (tag) => tag + label.html)
  return html`<div class="${size}">${{ html: named }}</div>`
}

/** Title and subtitle of a chart as plain text. */
function titleOf({ title }: TopLevelSpec): { title: string; description: string } {
  const { text, subtitle } = title as { text: string[]; subtitle: string[] }
  return { title: text.join(' '), description: subtitle.join(' ') }
}
