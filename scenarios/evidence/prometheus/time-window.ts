import { describeValue } from '../../parse/describe-value.ts'
import { EPOCH_MS, numberOf, timeReader } from '../../trace/trace-time.ts'
import { PrometheusProblem } from './range-response.ts'

/** s since 1970 */
export interface TimeWindow {
  readonly from_s: number
  readonly to_s: number
}

export interface WindowText {
  readonly from: string
  /** default: now */
  readonly to?: string | undefined
  /** s since 1970 */
  readonly now_s: number
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Throws `PrometheusProblem` for a time that cannot be read, and a window without length. */
export function parseWindow({ from, to = 'now', now_s }: WindowText): TimeWindow {
  const window = { from_s: secondsOf('from', from, now_s), to_s: secondsOf('to', to, now_s) }
  if (window.from_s < window.to_s) return window
  throw new PrometheusProblem(`from: expected a time before ${to}, got ${describeValue(from)}`)
}

function secondsOf(key: string, text: string, now_s: number): number {
  const plain = text.trim()
  if (plain === 'now') return now_s
  const relative = /^-(\d{1,9}(?:\.\d{1,9})?)([smhdw])$/.exec(plain)
  if (relative !== null) return now_s - Number(relative[1]) * SECONDS[relative[2]!]!
  const ms = 1000 * numberOf(plain)
  if (ms >= EPOCH_MS.from && ms < EPOCH_MS.to) return ms / 1000
  const reader = timeReader('iso')
  const dated = reader.since1970(reader.read(plain))
  if (dated !== null) return dated / 1000
  const expected = 'a time such as -1h, 2026-11-30T12:00:00Z or s since 1970'
  throw new PrometheusProblem(`${key}: expected ${expected}, got ${describeValue(text)}`)
}
