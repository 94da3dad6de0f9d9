import type { Estimate, WhatIf, WhatIfPercentile } from '../../../sim/documents/index.ts'
import {
  capitalise,
  estimateText,
  inWords,
  percentileName,
  plural,
  signedPercent,
  valueText,
} from '../../format.ts'
import { largest } from '../frame.ts'

type Known = Estimate & { readonly value: number }

/** A percentile with a ratio on both sides. */
export type RatioRow = Omit<WhatIfPercentile, 'predicted' | 'measured'> & {
  readonly predicted: Known
  readonly measured: Known
}

export function hasRatios(row: WhatIfPercentile): row is RatioRow {
  return row.predicted.value !== null && row.measured.value !== null
}

/** Longer changes, in characters, are counted in a title instead of quoted. */
const LONGEST = 60

/** The effect of the change at the most informative percentile, and the prediction. */
export function whatIfFinding(rows: readonly RatioRow[], { changes, rounds }: WhatIf): string {
  const row = mostInformative(rows)
  const { predicted, error_relative, verdict } = row
  const was = valueText(predicted, 'plain')
  const error = signedPercent(error_relative)
  const prediction =
    verdict === 'FAIL' ? `, but ${was} was predicted (${error})` : `; predicted ${was} (${error})`
  const open = rows.filter((candidate) => candidate.verdict === 'UNDECIDED')
  const undecided =
    open.length === 0 ? '' : `; undecided at ${open.map(({ p }) => percentileName(p)).join(', ')}`
  return `${effect(row, cause(changes), rounds)}${prediction}${undecided}`
}

/** Ratios as near to 1 as this are hardly an effect. */
const HARDLY = 0.05

/** What the interval of the measured ratio shows: an effect, hardly any, or neither. */
function effect(
  { p, measured }: RatioRow,
  { text, several }: ReturnType<typeof cause>,
  rounds: number,
): string {
  const { low, high } = measured
  const name = percentileName(p)
  const ratio = estimateText(measured, 'plain')
  const verb = (stem: string) => `${text} ${stem}${several ? '' : 's'}`
  if (low === null || high === null || (low <= 1 && high >= 1)) {
    const most = low === null || high === null ? null : Math.max(1 - low, high - 1)
    if (most !== null && most <= HARDLY) return `${verb('leave')} ${name} as it is: ${ratio}`
    return `${text}: effect on ${name} not decided in ${plural(rounds, 'round')}, ${ratio} measured`
  }
  return `${verb('scale')} ${name} by ${ratio}`
}

/** The worst failed percentile, otherwise the highest that passed, is undecided, or exists. */
function mostInformative(rows: readonly RatioRow[]): RatioRow {
  const failed = rows.filter(({ verdict }) => verdict === 'FAIL')
  const last = (verdict: RatioRow['verdict']) => rows.findLast((row) => row.verdict === verdict)
  return (
    largest(failed, (row) => Math.abs(row.error_relative)) ??
    last('PASS') ??
    last('UNDECIDED') ??
    rows.at(-1)!
  )
}

/** "max_batch 8 → 2": the last key of each path, if that is short enough. */
function cause(changes: readonly string[]): { text: string; several: boolean } {
  if (changes.length === 0) return { text: 'No change (A/A)', several: false }
  const several = changes.length > 1
  const short = changes.map((change) => change.replace(/^(?:[^:]*\.)?([^:.]+): /, '$1 '))
  const text = short.join(' and ')
  if (short.length <= 2 && text.length <= LONGEST) return { text, several }
  return several
    ? { text: `${capitalise(inWords(changes.length))} changes`, several }
    : { text: 'The change', several }
}
