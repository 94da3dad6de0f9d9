import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { SHARED } from '../published.ts'

/** The rates of ServeGen and the trace of Azure code, beside the repository. */
const WAVE = new URL('servegen_rate_language_m-small.csv.gz', SHARED)
const CODE = new URL('azure_llm_2023_code.csv.gz', SHARED)

export const haveRates = (): boolean => existsSync(WAVE) && existsSync(CODE)

export const codeFile = (): string => fileURLToPath(CODE)

/** The file has a rate for each of these steps, s. */
export const STEP_S = 600
export const DAY_S = 86_400

/** Requests/s of m-small, one value for each ten minutes. */
export function waveRates(): number[] {
  const lines = gunzipSync(readFileSync(WAVE)).toString('utf8').trim().split('\n')
  return lines.slice(1).map((line) => Number(line.split(',')[1]))
}

/** What the rates are between the values of the file, of which it states nothing. */
export type Between = 'lines' | 'jumps'

/** A schedule of `days` days, with `factor` times the rates of the file. */
export function schedule(
  rates: readonly number[],
  { between, days, factor }: { between: Between; days: number; factor: number },
): { at_s: number; rate_rps: number }[] {
  const finer = between === 'jumps' ? 1 : STEP_S / 60
  return rates.slice(0, (days * DAY_S) / STEP_S).flatMap((rate, i) =>
    Array.from({ length: finer }, (_, k) => ({
      at_s: i * STEP_S + (k * STEP_S) / finer,
      rate_rps: factor * (rate + (((rates[i + 1] ?? rate) - rate) * k) / finer),
    })),
  )
}
