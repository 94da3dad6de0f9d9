import { traceDispersion } from '../charts/trace/trace-dispersion.ts'
import { traceLengths } from '../charts/trace/trace-lengths.ts'
import { traceRate } from '../charts/trace/trace-rate.ts'
import { fitCells, type TraceFitDocument } from '../terminal/trace-fit-text.ts'
import type { TraceFindings } from '../trace-document.ts'
import { documentPage } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'
import { textTable, traceFigure } from './trace-page.ts'

/** The data of a page of a fit. */
export interface FitSides {
  readonly recorded: TraceFindings
  /** the replication with the median number of requests; null if none has enough requests */
  readonly fitted: TraceFindings | null
}

/** A trace beside the traffic fitted to it, as one HTML file without network and scripts. */
export async function traceFitHtml(fit: TraceFitDocument, sides: FitSides): Promise<string> {
  const named = [
    ['recorded', 'Recorded', sides.recorded],
    ['fitted', 'Fitted: the replication with the median number of requests', sides.fitted],
  ] as const
  const both = async (name: string, chart: typeof traceRate): Promise<Html[]> => {
    const drawn: Html[] = []
    for (const [side, label, found] of named) {
      if (found === null) continue
      const figure = await traceFigure(`${name}-${side}`, chart, found)
      drawn.push(html`<p class="quiet">${label}</p>${figure}`)
    }
    return drawn
  }
  const { recorded } = sides
  const lengths = recorded.input_tokens !== null || recorded.output_tokens !== null
  const body = html`<h1>${isolated(fit.file)}, fitted</h1>
<p class="verdict ${fit.verdict}" role="status"><b class="${fit.verdict}">${fit.verdict}</b> – ${fit.why}</p>
${textTable(fitCells(fit.statistics))}
<p class="quiet">Each figure: the trace, and the mean of ${fit.replications} replications of the fit with its 95 % interval.</p>
<h2>Rate</h2>
${await both('rate', traceRate)}
<h2>Bursts</h2>
${recorded.windows.length > 0 ? await both('dispersion', traceDispersion) : NOTHING}
${lengths ? html`<h2>Lengths</h2>${await both('lengths', traceLengths)}` : NOTHING}
<h2>Latencies at the same load</h2>
${textTable(fitCells(fit.tails))}
<p class="quiet">One replica with work linear in the input, at load ${fit.load}: the trace, and the median and 95 % range of the replications.</p>
<p>This command reproduces it:</p>
<pre>${isolated(fit.command)}</pre>`
  return documentPage(`${fit.file}, fitted – Spillway trace`, body)
}
