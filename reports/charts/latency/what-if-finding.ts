import type { Estimate, WhatIf, WhatIfPercentile } from '../../../sim/documents/index.ts'
import { capitalise, inWords, percentileName, signedPercent, valueText } from '../../format.ts'
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
export function whatIfFinding(rows: readonly RatioRow[], { changes }: WhatIf): string {
  const row = mostInformative(rows)
  const { p, predicted, measured, error_relative, verdict } = row
  const ratio = valueText(measured, 'plain')
  const was = valueText(predicted, 'plain')
  const error = signedPercent(error_relative)
  const name = percentileName(p)
  const effect = withinNoise(row)
    ? ['leave', `${name} unchanged within the noise (ratio ${ratio})`]
    : ['scale', `${name} by ${ratio}`]
  const prediction =
    verdict === 'FAIL' ? `, but ${was} was predicted (${error})` : `; predicted ${was} (${error})`
  const open = rows.filter((candidate) => candidate.verdict === 'UNDECIDED')
  const undecided =
    open.length === 0 ? '' : `; undecided at ${open.map(({ p }) => percentileName(p)).join(', ')}`
  const { text, several } = cause(changes)
  return `${text} ${effect[0]}${several ? '' : 's'} ${effect[1]}${prediction}${undecided}`
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

/** Whether the ratio is no further from 1 than that of two replays without a change. */
function withinNoise({ measured, noise_floor }: RatioRow): boolean {
  const difference = Math.abs(measured.value - 1) / ((measured.value + 1) / 2)
  return noise_floor.median !== null && difference <= noise_floor.median
}

/** "max_batch 8 → 2": the last key of each path, if that is short enough. */
function cause(changes: readonly string[]): { text: string; several: boolean } {
  const several = changes.length > 1
  const short = changes.map((change) => change.replace(/^(?:[^:]*\.)?([^:.]+): /, '$1 '))
  const text = short.join(' and ')
  if (short.length > 0 && short.length <= 2 && text.length <= LONGEST) return { text, several }
  return several
    ? { text: `${capitalise(inWords(changes.length))} changes`, several }
    : { text: 'The change', several }
}
