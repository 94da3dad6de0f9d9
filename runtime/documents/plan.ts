import { planHtml, planText } from '../../reports/index.ts'
import { type Plan, planSchema } from '../../sim/documents/index.ts'
import type { DocumentKind } from './document-kind.ts'

export const planKind: DocumentKind<Plan> = {
  written: 'What `plan` prints with `--json` and writes as plan.json.',
  schema: planSchema,
  file: 'plan',
  text: planText,
  page: planHtml,
  verdict({ winner, rows, verified, with_inputs: drawn }) {
    if (winner !== null) return verified === null ? 'PASS' : verified.verdict
    // one meets at the stated inputs, and may hold
    if (drawn !== undefined) return 'UNDECIDED'
    return rows.some(({ verdict }) => verdict === 'UNDECIDED') ? 'UNDECIDED' : 'FAIL'
  },
}
