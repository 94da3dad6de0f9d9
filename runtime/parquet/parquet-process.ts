import { decodeParquet } from '../../scenarios/index.ts'
import { serveParent } from '../process/serve-parent.ts'

export interface DecodeRequest {
  readonly path: string
  readonly columns: readonly string[]
}

/** Decodes a Parquet file, which may never end. Its reader reports errors. */
serveParent(async ({ path, columns }: DecodeRequest, onPart: (bytes: number) => void) => {
  onPart(0)
  await decodeParquet(path, columns, ({ bytes }) => onPart(bytes)).catch(() => {})
  return null
})
