import { Child, entryBeside } from '../../process/child.ts'
import type { QuantisedFile, QuantiseRequest } from './quantised-file.ts'

/** Quantises a model in a process of its own, which an interruption ends. Throws `Failure`. */
export async function quantiseApart(
  request: QuantiseRequest,
  signal: AbortSignal | undefined,
  onRun: (done: number) => void,
): Promise<QuantisedFile> {
  const entry = entryBeside(import.meta.url, 'quantise-process')
  const child = new Child(entry, { name: 'the quantisation' })
  try {
    return await child.ask<QuantisedFile, number>(request, { signal, onPart: onRun })
  } finally {
    child.end()
  }
}
