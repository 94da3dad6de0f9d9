import type { TopLevelSpec } from 'vega-lite'
import type { TraceStatistics } from '../../sim/traffic/index.ts'
import { traceDispersion } from '../charts/trace/trace-dispersion.ts'
import { traceLengths } from '../charts/trace/trace-lengths.ts'
import { tracePadding } from '../charts/trace/trace-padding.ts'
import { traceRate } from '../charts/trace/trace-rate.ts'
import { traceTables } from '../terminal/trace-text.ts'
import type { TraceDocument } from '../trace-document.ts'
import { documentPage, drawnFigure } from './document-page.ts'
import { html, isolated, NOTHING } from './html.ts'
import { textTable } from './page-parts.ts'

/** The result of `trace inspect`, as one HTML file that needs neither network nor scripts. */
export async function traceHtml(trace: TraceDocument): Promise<string> {
  const figureOf = (name: string, chart: (trace: TraceStatistics, width: number) => TopLevelSpec) =>
    drawnFigure(name, (width) => chart(trace, width))
  const { head, peak, gaps, correlation, errors, windows, lengths, padding, classes } =
    traceTables(trace)
  const hasLengths = trace.input_tokens !== null || trace.output_tokens !== null
  const body = html`<p class="verdict" role="status">${head}</p>
${peak === null ? NOTHING : html`<p>${peak}</p>`}
<p class="quiet">${gaps}</p>
${await figureOf('rate', traceRate)}
${classes.length > 1 ? html`<h2>Classes</h2>${textTable(classes)}` : NOTHING}
<h2>Bursts</h2>
${trace.windows.length > 0 ? await figureOf('dispersion', traceDispersion) : NOTHING}
${textTable(windows)}
${hasLengths ? html`<h2>Lengths</h2>${await figureOf('lengths', traceLengths)}${textTable(lengths)}` : NOTHING}
${correlation === null ? NOTHING : html`<p class="quiet">${correlation}</p>`}
${trace.padding.length > 0 ? html`<h2>Padding</h2>${await figureOf('padding', tracePadding)}${textTable(padding)}` : NOTHING}`
  const made = html`<ul><li>Only whole windows count. Dispersion is the variance of the requests in a window
over their mean: 1 for Poisson arrivals.</li>
<li>Padding efficiency is the share of a padded batch that is not padding, with requests batched in
order of arrival.</li>
<li>${errors}</li></ul>`
  return documentPage({
    title: `${trace.file} – Spillway trace`,
    heading: isolated(trace.file),
    ...{ body, made, command: trace.command },
  })
}
