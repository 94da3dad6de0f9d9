import { byVerdict, type Gate, type GateCase, worst } from '../../../sim/documents/index.ts'
import { build } from '../../version.ts'
import { MARGIN } from '../defaults.ts'
import { LIBRARY_CALL } from '../options.ts'

/** The document of a gate: the worst case first. */
export function gateOf(
  gate: Gate['gate'],
  cases: readonly GateCase[],
  options: { readonly margin?: number; readonly command?: string | undefined },
): Gate {
  const { margin = MARGIN, command = LIBRARY_CALL } = options
  return {
    ...({ document: 'spillway-gate', format: 1, ...build() } as const),
    gate,
    margin,
    command,
    verdict: worst(cases.map(({ verdict }) => verdict)),
    cases: cases.toSorted((a, b) => byVerdict(a.verdict, b.verdict)),
    warnings: [],
  }
}
