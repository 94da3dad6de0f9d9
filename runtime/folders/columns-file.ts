import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { decode } from '../parquet/decoder.ts'

type ColumnType = Float64ArrayConstructor | Int32ArrayConstructor

/** Columns by their names, each with the type of its values. */
export type ColumnTypes = Readonly<Record<string, ColumnType>>

export type ColumnsOf<T extends ColumnTypes> = { readonly [K in keyof T]: InstanceType<T[K]> }

/** Largest file of columns. */
const MOST_BYTES = 2 ** 31
/** Equal values take next to no bytes, so bytes say little of rows. A day of replays has fewer. */
const MOST_ROWS = 2 ** 25

/** Columns of equal lengths as Parquet. `pause` is awaited after each group of rows. */
export async function columnsBytes(
  columns: Readonly<Record<string, Float64Array | Int32Array>>,
  pause: () => Promise<void>,
): Promise<Uint8Array> {
  const columnData = Object.entries(columns).map(([name, data]) => ({
    ...{ name, data, nullable: false },
    type: data instanceof Float64Array ? ('DOUBLE' as const) : ('INT32' as const),
  }))
  const { ByteWriter, parquetWrite } = await import('hyparquet-writer')
  const writer = Object.assign(new ByteWriter(), { flush: pause })
  await parquetWrite({ writer, columnData })
  return writer.getBytes()
}

/** Reads what `columnsBytes` wrote. Throws `Failure` if the file is of another kind. */
export async function readColumns<T extends ColumnTypes>(
  path: string,
  types: T,
): Promise<ColumnsOf<T>> {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
  const names = Object.keys(types)
  const file = { path: resolve(path), name: path, columns: names }
  const columns: Record<string, Float64Array | Int32Array> = {}
  const problem = await decode(
    { kind: 'read', ...file, mostBytes: MOST_BYTES, mostRows: MOST_ROWS },
    {
      ...{ name: path, bytes },
      onPart(part) {
        if (part?.kind === 'head') {
          const lacking = names.filter((name) => !part.columns.includes(name))
          if (lacking.length > 0) throw new Error(`it has no column ${lacking.join(', ')}`)
          for (const name of names) columns[name] = new types[name]!(part.rows)
        }
        if (part?.kind === 'values') setNumbers(columns[part.column]!, part.first, part)
      },
    },
  ).catch((error: unknown) => {
    if (error instanceof Failure) throw error
    return (error as Error).message
  })
  if (problem === null) return columns as ColumnsOf<T>
  throw new Failure(`${path}: not what a replay left (${problem})`, EXIT.invalidInput)
}

function setNumbers(
  column: Float64Array | Int32Array,
  first: number,
  { column: name, values }: { readonly column: string; readonly values: ArrayLike<unknown> },
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    column[first + i] = value as number
    if (column[first + i] === value) continue
    throw new Error(`column ${name} has ${value} in row ${first + i}`)
  }
}
