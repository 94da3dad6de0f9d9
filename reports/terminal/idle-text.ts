import type { Idle } from '../../sim/documents/index.ts'
import { percent, plural, threeDigits } from '../format.ts'
import { alignColumns } from './align.ts'

const NOTES = [
  'Time over back to back: 1 where idle time costs nothing. An executor that shares its caches with others loses them',
  'while it is idle, so its batches take longer the less it is in batches. Intervals are 95 %, over passes. The cost may',
  'be another one some minutes later: replays of a what-if probe their executors between slices.',
]

/** What idle time costs the executors of a scenario, for a terminal. */
export function idleText({ host, seconds, scenario, shapes, warnings }: Idle): string {
  const what = `executors of ${scenario.name} after idle times, for ${seconds} s`
  return [
    `${host.cpu}, ${host.cores} cores: ${what}`,
    '',
    ...shapes.flatMap((shape) => [headOf(shape), alignColumns(rowsOf(shape)), '']),
    ...NOTES,
    ...warnings.map((text) => `warning: ${text}`),
  ].join('\n')
}

const ms = (value: number) => `${threeDigits(value)} ms`

type Shape = Idle['shapes'][number]

function headOf({ pool, size, length, back_to_back_ms }: Shape): string {
  const batch = size === 1 ? 'a single request' : `a batch of ${size}`
  return `pool ${pool}, ${batch} at length ${length}: ${ms(back_to_back_ms)} back to back`
}

function rowsOf({ after }: Shape): string[][] {
  const rows = after.map(({ idle_ms, ms: took, busy, factor, low, high, passes }) => {
    const isKnown = low !== null && high !== null
    const interval = isKnown ? ` [${factorText(low)}, ${factorText(high)}]` : ''
    const over = `${factorText(factor)}${interval}`
    return [ms(idle_ms), ms(took), percent(busy), over, plural(passes, 'pass')]
  })
  return [['idle before', 'batch takes', 'time in batches', 'over back to back', ''], ...rows]
}

/** Hundredths: smaller differences do not matter. */
const factorText = (factor: number) => factor.toFixed(2)
