import type * as z from 'zod'
import type { drawCharts } from '../../reports/index.ts'
import type { CaseVerdict } from '../../sim/documents/index.ts'
import type { Printable } from '../terminal.ts'

/** What commands do with a kind of document. */
export interface DocumentKind<D> {
  /** which command writes it, and where */
  readonly written: string
  /** absent where its format is not published */
  readonly schema?: z.ZodType<D>
  /** its name in a folder, without .json; absent where the command that writes it has the name */
  readonly file?: string
  /** the name of its page there; default: report.html */
  readonly pageFile?: string
  /** whether a folder that also has results is shown by these */
  readonly behindResults?: boolean
  /** for a terminal; `folder`: where the document is kept, null for nowhere */
  text?(document: D, folder: string | null): Printable
  page?(document: D): Promise<string>
  charts?(document: D): Parameters<typeof drawCharts>[1]
  /** null where nothing is judged; it decides the exit code */
  verdict?(document: D): CaseVerdict | null
}
