import { decodeParquet } from '../../scenarios/index.ts'
import { readBytes } from '../folders/documents.ts'
import { serveParent } from '../process/serve-parent.ts'

/** Paths are absolute: the process may have started in another folder. */
export type DecodeRequest =
  | {
      /** decodes some columns and drops the values */
      readonly kind: 'try'
      readonly path: string
      readonly columns: readonly string[]
    }
  | {
      /** sends the head of a file, and then the values of the wanted columns that it has */
      readonly kind: 'read'
      readonly path: string
      /** of the file in messages */
      readonly name: string
      readonly columns: readonly string[]
      readonly mostBytes: number
      /** default: as many as it has bytes, where each row has a value of its own */
      readonly mostRows?: number
    }

/** What a file of rows says of itself. */
export interface ParquetHead {
  readonly kind: 'head'
  readonly rows: number
  /** all columns */
  readonly columns: readonly string[]
  readonly texts: ReadonlyMap<string, string>
}

/** Values of a column in consecutive rows, the first of which has the number `first`, from 0. */
export interface ParquetValues {
  readonly kind: 'values'
  readonly column: string
  readonly first: number
  readonly values: ArrayLike<unknown>
}

/** A part without anything shows that decoding goes on. */
export type DecodedPart = null | ParquetHead | ParquetValues

/** What is wrong with the file, or null. */
export type Decoded = string | null

type Send = (part: DecodedPart) => Promise<void>

/** It may never end; another reader of the file reports its errors. */
async function tryToDecode(path: string, columns: readonly string[], send: Send): Promise<Decoded> {
  await decodeParquet(path, columns, () => void send(null)).catch(() => {})
  return null
}

async function sendColumns(
  bytes: Buffer,
  {
    columns: wanted,
    mostRows = bytes.length,
  }: Pick<Extract<DecodeRequest, { kind: 'read' }>, 'columns' | 'mostRows'>,
  send: Send,
): Promise<void> {
  const { parquetMetadata, parquetRead, parquetSchema } = await import('hyparquet')
  const file = new Uint8Array(bytes).buffer
  const metadata = parquetMetadata(file)
  // a damaged file may have a column without a name
  const columns = parquetSchema(metadata).children.flatMap(({ element }) => element.name ?? [])
  const texts = new Map(
    metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? ''] as const),
  )
  // space is taken for as many rows as it says
  if (!(metadata.num_rows <= mostRows)) {
    const found = `${metadata.num_rows} rows in ${bytes.length} bytes`
    throw new Error(`expected at most ${mostRows} rows, got ${found}`)
  }
  await send({ kind: 'head', rows: Number(metadata.num_rows), columns, texts })
  const present = wanted.filter((name) => columns.includes(name))
  // group by group: all groups decoded at once take several times the memory of the rows
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const decoded: ParquetValues[] = []
    await parquetRead({
      file,
      metadata,
      columns: present,
      rowStart,
      rowEnd,
      onChunk: ({ columnName: column, columnData: values, rowStart: first }) =>
        decoded.push({ kind: 'values', column, first, values }),
    })
    for (const part of decoded) await send(part)
    rowStart = rowEnd
  }
}

serveParent(async (request: DecodeRequest, send: Send): Promise<Decoded> => {
  await send(null)
  if (request.kind === 'try') return tryToDecode(request.path, request.columns, send)
  const bytes = await readBytes(request.path, request.mostBytes, request.name)
  return sendColumns(bytes, request, send).then(
    () => null,
    (error: Error) => error.message,
  )
})
