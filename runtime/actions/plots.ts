import { type ReportInput, resultPlots } from '../../reports/index.ts'
import { columns, type Printable } from '../terminal.ts'

/** The plots of the documents, to print below their text; nothing without --plot. */
export function plots(
  { plot }: { readonly plot?: boolean },
  documents: Partial<ReportInput>,
): Printable {
  if (plot !== true) return ''
  const input = { simulated: null, measured: null, comparison: null, ...documents }
  return ['\n\n', resultPlots(input, columns())]
}
