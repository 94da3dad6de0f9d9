import { visible } from '../../scenarios/index.ts'
import type { CaseVerdict, Gate, GateCase } from '../../sim/documents/index.ts'
import { baseLines, caseTitle, figureLines } from './gate-rows.ts'

/** GitHub shows no more of a kind for each step. */
const MOST = 10
/** Figures of a head without a base: more are no longer read in one line. */
const MOST_FIGURES = 8

const KINDS: Readonly<Record<CaseVerdict, 'error' | 'warning' | 'notice'>> = {
  FAIL: 'error',
  UNDECIDED: 'warning',
  'NOT COMPARABLE': 'warning',
  NEW: 'notice',
  IMPROVED: 'notice',
  PASS: 'notice',
}

/**
 * Workflow commands of GitHub Actions: an annotation for each case that does not simply pass, with
 * the figure of the base whose metric is the worst, or figures of a head without a base, and for
 * each warning.
 * `pathOf`: a file of a case seen from the top of the repository; null where it is not in that.
 */
export function gateAnnotations(
  gate: Gate,
  pathOf: (file: string) => string | null = (file) => file,
): string[] {
  const cases = gate.cases
    .filter(({ verdict }) => verdict !== 'PASS')
    .slice(0, MOST)
    .map((gateCase) => {
      const title = property(`${gateCase.verdict}: ${caseTitle(gate, gateCase)}`)
      const path = pathOf(gateCase.file)
      const file = path === null ? '' : `file=${property(path)},`
      return `::${KINDS[gateCase.verdict]} ${file}title=${title}::${message(textOf(gateCase))}`
    })
  const warnings = gate.warnings.map((text) => `::warning title=Spillway gate::${message(text)}`)
  return [...cases, ...warnings].slice(0, MOST)
}

function textOf(gateCase: GateCase): string {
  const [figures, bases] = [figureLines(gateCase), baseLines(gateCase)]
  const shown = [...figures.slice(0, MOST_FIGURES), ...bases.slice(0, 1)]
  const left = figures.length - MOST_FIGURES
  return [gateCase.reason, ...shown, ...(left > 0 ? [`… and ${left} figures more`] : [])].join('; ')
}

/** A line break would begin another command. */
export const message = (text: string) =>
  visible(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const property = (text: string) => message(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
