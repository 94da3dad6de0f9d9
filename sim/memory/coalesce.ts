import type { Chunks } from './chunks.ts'
import type { FreeChunks } from './free-chunks.ts'

/** Joins a chunk that has just become free with the free ones beside it, and files the result. */
export function coalesce(chunks: Chunks, free: FreeChunks, chunk: number): void {
  const after = chunks.after[chunk]!
  if (chunks.isFree(after)) {
    free.remove(after)
    chunks.merge(chunk)
  }
  const before = chunks.before[chunk]!
  if (chunks.isFree(before)) {
    free.remove(before)
    chunks.merge(before)
    free.add(before)
  } else {
    free.add(chunk)
  }
}
