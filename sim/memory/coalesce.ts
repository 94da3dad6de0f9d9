import type { Chunks } from './chunks.ts'
import type { FreeChunks } from './free-chunks.ts'

/** Merges a newly freed chunk with free neighbours, and adds the result to the free chunks. */
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
