import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { EXIT, Failure, type TraceArrivals } from '../../scenarios/index.ts'
import { Child, ChildEnded, entryBeside } from '../process/child.ts'
import type { DecodeRequest } from './parquet-process.ts'

/** Time without progress after which a file counts as damaged, ms; the second is per MB of it. */
const PATIENCE_MS = 6000
const PATIENCE_MS_PER_MB = 1000

/**
 * Decodes a Parquet file in a separate process, before this process does. On some damaged files the
 * library loops for ever and ignores Ctrl-C. Throws `Failure` if decoding does not end.
 */
export async function expectDecodable(
  path: string,
  columns: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const bytes = await stat(path).then(
    (stats) => (stats.isFile() ? stats.size : null),
    () => null,
  )
  // a path that is no regular file: its reader reports the error
  if (bytes === null) return
  const patienceMs = PATIENCE_MS + (PATIENCE_MS_PER_MB * bytes) / 1e6
  const child = new Child(entryBeside(import.meta.url, 'parquet-process'), {
    name: 'the decoder of Parquet',
  })
  const damaged = (why: string) =>
    new Failure(`${path}: cannot be decoded as Parquet: ${why}`, EXIT.invalidInput)
  const silence = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const onPart = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), patienceMs)
  }
  const request: DecodeRequest = { path, columns }
  try {
    const either = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal
    await child.ask<null, number>(request, { signal: either, onPart })
  } catch (error) {
    if (signal?.aborted === true) throw error
    if (silence.signal.aborted) {
      throw damaged(`no progress in ${Math.round(patienceMs / 1000)} s; the file may be damaged`)
    }
    throw error instanceof ChildEnded
      ? damaged('its decoder ended; the file may be damaged')
      : error
  } finally {
    clearTimeout(timer)
    child.end()
  }
}

/** The same for a trace file, if it is Parquet. */
export async function expectTrace(
  { format, file, columns }: TraceArrivals,
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  if (format !== 'parquet') return
  const names = Object.values(columns ?? {}).filter((name) => name !== undefined)
  await expectDecodable(resolve(directory, file), names, signal)
}
