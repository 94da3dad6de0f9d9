import type {
  ArenaFigures,
  Comparison,
  Estimate,
  MemoryComparison,
} from '../../sim/documents/index.ts'
import {
  count,
  estimateText,
  figure,
  NONE,
  percent,
  signedPercent,
  signedPoints,
} from '../format.ts'

/** Most sizes of extensions that are listed; the first ones are. */
const MOST_SHOWN = 8

export const ARENA_COLUMNS = [
  'arena',
  'reserved',
  'in use',
  'requested',
  'free of reserved',
  'internal fragmentation',
  'external fragmentation',
  'extensions',
] as const

interface ArenaRow {
  readonly replica: string
  readonly of: 'measured' | 'driven' | 'predicted'
  readonly cells: readonly string[]
}

const ARENA_LEGEND = [
  'Driven: the model of the arena, given the same batches; its error is without weights.',
  'Predicted: the fullest replica of whole simulated runs, beside the fullest measured one.',
  'In use and requested: peaks, weights included. Internal fragmentation: without weights.',
  'Free of reserved: not in use at the peak, without weights. A better fit can save no more.',
]

/** The arena of each replica: the real one, its model with the same batches, the prediction. */
export function arenaRows({ memory }: Comparison): ArenaRow[] {
  return (memory ?? []).flatMap((row) => {
    const { measured, driven, predicted, error } = row
    const replica = `${row.pool} ${row.replica + 1}`
    const rows: ArenaRow[] = [
      { replica, of: 'measured', cells: [...cellsOf(measured), extensions(measured)] },
    ]
    if (driven !== null && error !== null) {
      const relative = [error.held, error.in_use, error.requested].map(signedPercent)
      const free = error.free_share
      const errors = [...relative, ...(free === null ? [] : [signedPoints(free)])]
      const cells = cellsOf(driven).map((text, i) => (errors[i] ? `${text} (${errors[i]})` : text))
      rows.push({ replica, of: 'driven', cells: [...cells, sameness(row)] })
    }
    if (predicted !== null) {
      const { held_mib, in_use_mib, requested_mib, free_share: free, ...shares } = predicted
      const sizes = [held_mib, in_use_mib, requested_mib].map(sizeText)
      const lost = [shares.internal_fragmentation, shares.external_fragmentation].map(shareText)
      rows.push({ replica, of: 'predicted', cells: [...sizes, shareText(free), ...lost, NONE] })
    }
    return rows
  })
}

/** Observed and omitted batches, and the processes: a line for each replica. */
export function arenaNotes({ memory }: Comparison): string[] {
  const notes = (memory ?? []).map((row) => {
    const { pool, replica, batches, left_out, pattern, process } = row
    const { started_mib, loaded_mib, peak_mib } = process
    const left = left_out === null ? '' : ` (${left_out})`
    const how = pattern ? 'with the memory pattern' : 'without the memory pattern'
    return (
      `${pool} ${replica + 1}: ${count(batches)} batch${batches === 1 ? '' : 'es'}${left} ${how}; its process took ` +
      `${count(started_mib)} MiB, with the model ${count(loaded_mib)}, at most ${count(peak_mib)} with the profiler's records`
    )
  })
  return notes.length === 0 ? [] : [...notes, ...ARENA_LEGEND]
}

const mib = (value: number) => `${figure(value, 0)} MiB`
const share = (value: number | null) => (value === null ? NONE : percent(value))

/** Simulations with equal results have no interval. */
const sure = ({ value, low, high }: Estimate) => value !== null && low === value && high === value

function sizeText(estimate: Estimate): string {
  return sure(estimate) ? mib(estimate.value!) : `${estimateText(estimate, 'plain')} MiB`
}

function shareText(estimate: Estimate): string {
  return sure(estimate) ? percent(estimate.value!) : estimateText(estimate, 'share')
}

function cellsOf(figures: ArenaFigures): string[] {
  return [
    mib(figures.held_mib),
    mib(figures.in_use_mib),
    mib(figures.requested_mib),
    share(figures.free_share),
    share(figures.internal_fragmentation),
    share(figures.external_fragmentation),
  ]
}

function extensions({ extensions_mib: sizes }: ArenaFigures): string {
  if (sizes.length === 0) return 'none'
  const shown = sizes.slice(0, MOST_SHOWN).map((size) => figure(Number(size.toPrecision(4)), 0))
  const plain = shown.map((text) =>
    text.replace(/\.?0+$/, (zeros) => (text.includes('.') ? '' : zeros)),
  )
  const more = sizes.length > MOST_SHOWN ? ', …' : ''
  return `${count(sizes.length)}: ${plain.join(', ')}${more} MiB`
}

function sameness({ other_from: from }: MemoryComparison): string {
  return from === null ? 'identical' : `differs from batch ${count(from + 1)} on`
}
