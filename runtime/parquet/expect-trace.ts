import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isVisible, type TraceArrivals } from '../../scenarios/index.ts'
import { decode } from './decoder.ts'

/** Files and columns that were decoded: classes and sides of a command share their trace. */
const decoded = new Set<string>()

/**
 * Decodes the trace in a separate process, if it is Parquet, before this process does. Throws
 * `Failure` if decoding does not end.
 */
export async function expectTrace(
  { format, file, columns }: TraceArrivals,
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  if (format !== 'parquet') return
  const path = resolve(directory, file)
  // the process that decodes sees all files
  const stats = isVisible(path) ? await stat(path).catch(() => null) : null
  // a path that is no regular file: its reader reports the error
  if (stats?.isFile() !== true) return
  const names = Object.values(columns ?? {}).filter((name) => name !== undefined)
  const { size, mtimeMs, ino } = stats
  const version = JSON.stringify([path, size, mtimeMs, ino, names])
  if (decoded.has(version)) return
  const request = { kind: 'try', path, columns: names } as const
  await decode(request, { name: path, bytes: size, signal })
  decoded.add(version)
}
