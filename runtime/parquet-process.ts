import { decodeParquet } from '../scenarios/index.ts'
import { serveParent } from './serve-parent.ts'

export interface DecodeRequest {
  readonly path: string
  readonly columns: readonly string[]
}

/** Decodes files whose decoding may never end. What is wrong with one otherwise its reader says. */
serveParent(async ({ path, columns }: DecodeRequest, onPart: (bytes: number) => void) => {
  onPart(0)
  await decodeParquet(path, columns, ({ bytes }) => onPart(bytes)).catch(() => {})
  return null
})
