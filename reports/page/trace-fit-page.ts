import type { TraceStatistics } from '../../sim/traffic/index.ts'
import { traceDispersion } from '../charts/trace/trace-dispersion.ts'
import { traceLengths } from '../charts/trace/trace-lengths.ts'
import { traceRate } from '../charts/trace/trace-rate.ts'
import {
  type ClassFit,
  classHead,
  fitCells,
  leftOutText,
  type TraceFitDocument,
} from '../terminal/trace-fit-text.ts'
import { documentPage, drawnFigure } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'
import { textTable, verdictLine } from './page-parts.ts'

/** The data of a page of a fit. */
export interface FitSides {
  readonly recorded: TraceStatistics
  /** the replication with the median number of requests; null if none has enough requests */
  readonly fitted: TraceStatistics | null
}

/** A trace beside the traffic fitted to it, as one HTML file without network and scripts. */
export async function traceFitHtml(
  fit: TraceFitDocument,
  sides: readonly FitSides[],
): Promise<string> {
  const parts: Html[] = []
  for (const [i, classFit] of fit.classes.entries()) {
    // the first class, often the only one, has the plain names
    parts.push(
      await classPart(classFit, fit, { of: sides[i]!, suffix: i === 0 ? '' : `-${i + 1}` }),
    )
  }
  const left = leftOutText(fit)
  const body = html`${left.length > 0 ? html`<ul>${left.map((text) => html`<li>${isolated(text)}</li>`)}</ul>` : NOTHING}
${parts}`
  const made = html`<ul><li>Each figure: the trace, and the mean of ${fit.replications} replications of the fit with its 95 % interval.</li>
<li>Latencies: one replica with work linear in the input, at load ${fit.load}: the trace, and the median and 95 % range of the replications.</li></ul>`
  return documentPage({
    title: `${fit.file}, fitted – Spillway trace`,
    heading: html`${isolated(fit.file)}, fitted`,
    ...{ body, made, command: fit.command },
  })
}

async function classPart(
  classFit: ClassFit,
  fit: TraceFitDocument,
  { of, suffix }: { readonly of: FitSides; readonly suffix: string },
): Promise<Html> {
  const named = [
    ['recorded', 'Recorded', of.recorded],
    ['fitted', 'Fitted: the replication with the median number of requests', of.fitted],
  ] as const
  const both = async (name: string, chart: typeof traceRate): Promise<Html[]> => {
    const drawn: Html[] = []
    for (const [side, label, findings] of named) {
      if (findings === null) continue
      const drawing = await drawnFigure(`${name}-${side}${suffix}`, (width) =>
        chart(findings, width),
      )
      drawn.push(html`<p class="quiet">${label}</p>${drawing}`)
    }
    return drawn
  }
  const { recorded } = of
  const lengths = recorded.input_tokens !== null || recorded.output_tokens !== null
  const several = fit.classes.length > 1
  const title = (text: string) => (several ? `${text}: ${classFit.class}` : text)
  return html`${several ? html`<h2>${title('Class')}</h2><p class="quiet">${isolated(classHead(classFit))}</p>` : NOTHING}
${verdictLine(classFit.verdict, classFit.why)}
${textTable(fitCells(classFit.statistics))}
<h2>${title('Rate')}</h2>
${await both('rate', traceRate)}
<h2>${title('Bursts')}</h2>
${recorded.windows.length > 0 ? await both('dispersion', traceDispersion) : NOTHING}
${lengths ? html`<h2>${title('Lengths')}</h2>${await both('lengths', traceLengths)}` : NOTHING}
<h2>${title('Latencies at the same load')}</h2>
${textTable(fitCells(classFit.tails))}`
}
