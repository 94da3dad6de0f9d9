import type { TopLevelSpec } from 'vega-lite'
import { toSvg } from '../charts/render.ts'
import { type Html, html, unmarked } from './html.ts'

/** A chart drawn for wide and for narrow windows; the style sheet shows one of the two. */
export async function drawnFigure(
  name: string,
  specs: { readonly wide: TopLevelSpec; readonly narrow: TopLevelSpec },
): Promise<Html> {
  const drawings = [
    await drawing(name, 'wide', specs.wide),
    await drawing(name, 'narrow', specs.narrow),
  ]
  return html`<figure id="${name}">${drawings}</figure>\n`
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
  const lines = (text: unknown) => (Array.isArray(text) ? text.join(' ') : String(text ?? ''))
  if (typeof title !== 'object' || !('text' in title))
    return { title: lines(title), description: '' }
  return { title: lines(title.text), description: lines(title.subtitle) }
}
