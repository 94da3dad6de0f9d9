import type { Comparison, ErrorSplit, PercentileComparison } from '../../sim/documents/index.ts'
import { NONE, percentileName, signedPercent, time } from '../format.ts'

/** Parts of the prediction error, for tables and the chart. */

export interface SplitPart {
  readonly key: keyof ErrorSplit
  readonly name: string
}

/** The parts in the order of their columns; one of two where the drift is not known. */
export function splitParts({ control_kernel: { unknown } }: Comparison): readonly SplitPart[] {
  const apart = unknown === null
  return [
    { key: 'structure', name: 'structure' },
    { key: 'service_model', name: apart ? 'service model' : 'service model and drift' },
    ...(apart ? [{ key: 'drift', name: 'drift' } as const] : []),
    { key: 'noise', name: 'noise' },
  ]
}

export type SplitRow = PercentileComparison & { readonly split: ErrorSplit }

/** The percentiles that have a split. */
export function splitRows({ percentiles }: Comparison): SplitRow[] {
  return percentiles.flatMap((row) =>
    row.split === null || row.measured.value === null ? [] : [{ ...row, split: row.split }],
  )
}

/** The error that the parts of a split add up to. */
export function splitSum(split: ErrorSplit): number {
  return split.structure + split.service_model + (split.drift ?? 0) + split.noise
}

/** No rows where nothing is split. */
export function errorSplitTable(comparison: Comparison) {
  const parts = splitParts(comparison)
  return {
    caption: 'Parts of the prediction error',
    columns: [
      'percentile',
      ...parts.map(({ name }, i) => (i === 0 ? name : `+ ${name}`)),
      '= prediction error',
    ],
    rows: splitRows(comparison).map(({ p, split }) => [
      percentileName(p),
      ...parts.map(({ key }) => signedPercent(split[key])),
      signedPercent(splitSum(split)),
    ]),
  }
}

/** The meaning of the columns. */
export const SPLIT_NOTES = [
  'Parts add up to the prediction error. Structure: queueing, batching and overheads. Service model: speed of batches by the profile.',
  'Drift: change of the machine since its profile, by the control kernel. Noise: stalls and chance of these replays.',
] as const

/** Times of the control kernel in each pool, and why the drift is not known. */
export function controlTexts({ control_kernel: { pools, unknown } }: Comparison): string[] {
  const times = pools.map(({ pool, profile_ms, replays_ms }) => {
    const of = pools.length > 1 ? `, pool ${pool}` : ''
    const change =
      profile_ms === null || replays_ms === null
        ? ''
        : ` (${signedPercent(replays_ms / profile_ms - 1)})`
    const [before, now] = [profile_ms, replays_ms].map((ms) => (ms === null ? NONE : time(ms, 0)))
    return `control kernel${of}: ${now} before the replays, ${before} in the profile${change}`
  })
  return unknown === null ? times : [...times, `the drift is not known: ${unknown}`]
}
