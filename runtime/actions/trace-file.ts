import { resolve } from 'node:path'
import { Failure, guessTrace, NotGuessed, type TraceArrivals } from '../../scenarios/index.ts'
import { note } from '../commands/command.ts'
import type { TraceOptions } from '../commands/trace-file.ts'

/** A trace as in the traffic of a scenario; what is guessed is printed on stderr. */
export async function arrivalsOf(
  file: string,
  { format, columns, timeUnit, jitterS, badRows }: TraceOptions,
): Promise<TraceArrivals> {
  const stated = { format, columns, time_unit: timeUnit }
  const { rows, said } = await guessTrace(file, stated, {
    key: flagOf,
    lengths: ['input_tokens', 'output_tokens'],
  }).catch((error: unknown) => {
    if (!(error instanceof NotGuessed)) throw error
    throw new Failure(
      error.problems.map((text) => `${file}: ${text}`),
      error.exitCode,
    )
  })
  if (said !== null) note(`${file}: ${said}`)
  return {
    process: 'trace',
    file: resolve(file),
    ...rows,
    ...(jitterS !== undefined && { jitter_s: jitterS }),
    bad_rows: badRows,
    length_scale: 1,
  }
}

/** The option for a key of a trace: --columns time=NAME for columns.time. */
export function flagOf(key: string): string {
  const [map, name] = key.split('.')
  return name === undefined ? `--${map!.replaceAll('_', '-')}` : `--${map} ${name}=NAME`
}
