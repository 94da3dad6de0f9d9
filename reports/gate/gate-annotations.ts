import { visible } from '../../scenarios/index.ts'
import type { CaseVerdict, Gate } from '../../sim/documents/index.ts'
import { caseTitle } from './gate-rows.ts'

/** GitHub shows no more of a kind for each step. */
const MOST = 10

const KINDS: Readonly<Record<CaseVerdict, 'error' | 'warning' | 'notice'>> = {
  FAIL: 'error',
  UNDECIDED: 'warning',
  'NOT COMPARABLE': 'warning',
  NEW: 'notice',
  IMPROVED: 'notice',
  PASS: 'notice',
}

/**
 * Workflow commands of GitHub Actions: an annotation for each case that does not simply pass.
 * `pathOf`: a file of a case seen from the top of the repository; null where it is not in that.
 */
export function gateAnnotations(
  gate: Gate,
  pathOf: (file: string) => string | null = (file) => file,
): string[] {
  return gate.cases
    .filter(({ verdict }) => verdict !== 'PASS')
    .slice(0, MOST)
    .map((one) => {
      const title = property(`${one.verdict}: ${caseTitle(gate, one)}`)
      const path = pathOf(one.file)
      const file = path === null ? '' : `file=${property(path)},`
      return `::${KINDS[one.verdict]} ${file}title=${title}::${message(one.reason)}`
    })
}

/** A line break would begin another command. */
export const message = (text: string) =>
  visible(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const property = (text: string) => message(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
