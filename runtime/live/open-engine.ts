import { executionProviders } from '../models/index.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { openLocalEngine } from './local-engine.ts'
import { openProcessEngine } from './process-engine.ts'

/**
 * Opens a model: in this thread, or in a separate process, as its execution provider needs. Throws
 * `Failure` if the model cannot be opened.
 */
export function openEngine(options: EngineOptions, epochNs: bigint): Promise<Engine> {
  const { apart } = executionProviders[options.session.executionProvider]
  return apart ? openProcessEngine(options, epochNs) : openLocalEngine(options, epochNs)
}
