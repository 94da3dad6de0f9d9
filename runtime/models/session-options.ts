import type { Pool } from '../../scenarios/index.ts'
import type { ExecutionProvider } from './execution-providers.ts'

/** How a model is opened, apart from what opens it: that loads ONNX Runtime. */
export interface SessionOptions {
  readonly executionProvider: ExecutionProvider
  /** intra-op threads */
  readonly threads: number
  /** whether batches of a known shape use one planned block; default: if no length is free */
  readonly memoryPattern?: boolean
  /** prefix of the profile's path; activity of the arena is then logged, too */
  readonly profile?: string
  /** path for the graph that ONNX Runtime has optimised */
  readonly optimised?: string
}

export function sessionOptions(pool: Pool): SessionOptions {
  const { execution_provider: executionProvider, threads, memory } = pool
  if (memory === undefined || !('pattern' in memory)) return { executionProvider, threads }
  return { executionProvider, threads, memoryPattern: memory.pattern }
}
