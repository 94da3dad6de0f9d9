import { Child, entryBeside } from '../process/child.ts'
import type { MeasuredThread, NoiseRequest } from './noise-process.ts'

/** Lets threads spin in a process of their own, on the cores of a replay with such executors. */
export async function measureThreads(
  request: NoiseRequest,
  signal: AbortSignal,
): Promise<MeasuredThread[]> {
  const entry = entryBeside(import.meta.url, 'noise-process')
  const child = new Child(entry, { name: 'spinning threads' })
  try {
    return await child.ask<MeasuredThread[]>(request, { signal })
  } finally {
    child.end()
    await child.ended()
  }
}
