import type { FileHandle } from 'node:fs/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { AsyncBuffer, Compressors, DecodedArray, ParquetParsers } from 'hyparquet'
import { openUserFile } from '../load/user-file.ts'
import { describeValue } from '../parse/describe-value.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { ByteProgress } from './trace-lines.ts'

/** Values of columns over consecutive rows; the first row has the number `first`, from 1. */
interface ParquetRows {
  readonly first: number
  readonly rows: number
  /** by the name of the column */
  readonly columns: Readonly<Record<string, DecodedArray>>
}

/** Thrown for a file that is not Parquet, or has other columns. */
export class ParquetError extends Error {}

const DECOMPRESSORS: Compressors = {
  GZIP: (bytes) => new Uint8Array(gunzipSync(bytes)),
  BROTLI: (bytes) => new Uint8Array(brotliDecompressSync(bytes)),
}

/** Times with a date become text, which keeps every digit. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (ms) => timeText(ms * 1_000_000n),
  timestampFromMicroseconds: (us) => timeText(us * 1000n),
  timestampFromNanoseconds: timeText,
}

/**
 * Some columns of a Parquet file, one row group at a time in memory. Throws `ParquetError`, and
 * `Unreadable` if the file cannot be opened.
 */
export async function* parquetRows(
  path: string,
  columns: readonly string[],
  onProgress?: (progress: ByteProgress) => void,
  missing: 'refuse' | 'skip' = 'refuse',
): AsyncGenerator<ParquetRows> {
  // few traces are Parquet: the library is loaded with the first one
  const { parquetMetadataAsync, parquetRead, parquetSchema } = await import('hyparquet')
  const { handle, bytes: totalBytes } = await openUserFile(path)
  try {
    const file = { byteLength: totalBytes, slice: slicesOf(handle, totalBytes) }
    const metadata = await understood(parquetMetadataAsync(file))
    // a damaged file may have a column without a name
    const names = parquetSchema(metadata).children.flatMap(({ element }) => element.name ?? [])
    const present = missing === 'skip' ? columns.filter((name) => names.includes(name)) : columns
    checkNames(present, names)
    let first = 1
    let bytes = 0
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows)
      const read: Record<string, DecodedArray> = {}
      await understood(
        parquetRead({
          file,
          metadata,
          columns: [...present],
          rowStart: first - 1,
          rowEnd: first - 1 + rows,
          compressors: DECOMPRESSORS,
          parsers: PARSERS,
          onChunk: ({ columnName, columnData }) => {
            read[columnName] = columnData
          },
        }),
      )
      for (const name of present) {
        if (read[name]?.length === rows) continue
        throw new ParquetError(`expected one value of ${JSON.stringify(name)} in each row`)
      }
      yield { first, rows, columns: read }
      first += rows
      bytes += Number(group.total_compressed_size ?? group.total_byte_size)
      onProgress?.({ bytes: Math.min(bytes, totalBytes), totalBytes })
    }
  } finally {
    await handle.close()
  }
}

/**
 * The smallest and the largest value of each column in the first row group, from the metadata: no
 * row is decoded. No values where the file has none of these. Throws as `parquetRows`.
 */
export async function parquetRanges(path: string): Promise<Map<string, unknown[]>> {
  const { parquetMetadataAsync } = await import('hyparquet')
  const { handle, bytes } = await openUserFile(path)
  try {
    const file = { byteLength: bytes, slice: slicesOf(handle, bytes) }
    const [group] = (await understood(parquetMetadataAsync(file))).row_groups
    const ranges = new Map<string, unknown[]>()
    for (const { meta_data: column } of group?.columns ?? []) {
      const [name, ...below] = column?.path_in_schema ?? []
      if (name === undefined || below.length > 0) continue
      const { min_value: least, max_value: most } = column?.statistics ?? {}
      ranges.set(name, [least, most].filter((value) => value !== undefined).map(plainTime))
    }
    return ranges
  } finally {
    await handle.close()
  }
}

const plainTime = (value: unknown) => {
  const date = value instanceof Date && !Number.isNaN(value.getTime())
  return date ? value.toISOString() : value
}

/** Decodes the given columns that a Parquet file has, and drops the values. */
export async function decodeParquet(
  path: string,
  columns: readonly string[],
  onProgress: (progress: ByteProgress) => void,
): Promise<void> {
  for await (const _ of parquetRows(path, columns, onProgress, 'skip'));
}

function checkNames(wanted: readonly string[], names: readonly string[]): void {
  for (const name of wanted) {
    if (names.includes(name)) continue
    const present = `${describeValue(names.join(', '))}${didYouMean(name, names)}`
    throw new ParquetError(`expected the column ${JSON.stringify(name)}, got ${present}`)
  }
}

/** Reads parts of a file of this size, each up to its end by default. */
function slicesOf(handle: FileHandle, size: number): AsyncBuffer['slice'] {
  return async (start, end = size) => {
    if (!(start >= 0 && start <= end && end <= size)) {
      throw new Error(`a part from ${start} to ${end} of ${size} bytes`)
    }
    const part = new Uint8Array(end - start)
    const { bytesRead } = await handle.read(part, 0, part.length, start)
    return part.buffer.slice(0, bytesRead)
  }
}

/** Turns an error of the library into a `ParquetError`. */
async function understood<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error
    throw new ParquetError(`expected a Parquet file, got ${(error as Error).message}`)
  }
}

/** Nanoseconds since 1970 as text such as 2023-11-16T18:17:03.979960000. */
function timeText(ns: bigint): string {
  const fraction = ((ns % NS) + NS) % NS
  const seconds = (ns - fraction) / NS
  const date = new Date(Number(seconds) * 1000)
  const digits = String(fraction).padStart(9, '0')
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().slice(0, 19)}.${digits}`
}

const NS = 1_000_000_000n
