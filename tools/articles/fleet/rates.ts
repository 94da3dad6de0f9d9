import { sharedTable } from '../published.ts'

/** The rates of ServeGen and the trace of Azure code, beside the repository. */
const WAVE = sharedTable('servegen_rate_language_m-small.csv.gz')
const CODE = sharedTable('azure_llm_2023_code.csv.gz')

export const haveRates = (): boolean => WAVE.exists && CODE.exists

/** The file of ServeGen has a rate for each of these steps, s. */
const FILE_STEP_S = 600
/** Steps of rates between them, s. */
export const WAVE_STEP_S = 60
export const DAY_S = 86_400

/** Requests/s of m-small in steps of a minute, along lines between the values of the file. */
export function waveRates(): number[] {
  const values = WAVE.rows().map(({ rps }) => Number(rps))
  const finer = FILE_STEP_S / WAVE_STEP_S
  return values.flatMap((value, i) =>
    Array.from(
      { length: finer },
      (_, k) => value + (((values[i + 1] ?? value) - value) * k) / finer,
    ),
  )
}

/** Requests of the Azure code trace in each second. */
export function codeRates(): number[] {
  const times = CODE.rows().map(({ TIMESTAMP: at }) => {
    return Date.parse(`${at!.slice(0, 10)}T${at!.slice(11, 23)}Z`) / 1000
  })
  const first = times[0]!
  const rates = Array.from({ length: Math.floor(times.at(-1)! - first) }, () => 0)
  for (const time of times) {
    const second = Math.floor(time - first)
    if (second < rates.length) rates[second]!++
  }
  return rates
}

/** Poisson arrivals at rates that are constant in steps. */
export function arrivalsOf(rates: readonly number[], stepS: number): object {
  return {
    process: 'poisson',
    schedule: rates.map((rate_rps, i) => ({ at_s: i * stepS, rate_rps })),
  }
}
