import type { Engine, EngineOptions } from './engine.ts'
import { openLocalEngine } from './local-engine.ts'
import { openProcessEngine } from './process-engine.ts'

/**
 * Opens a model: on cpu in this thread; on an accelerator in a process of its own, since two WebGPU
 * sessions in one process crash (microsoft/onnxruntime #32561). Throws `Failure` where the model
 * cannot be opened.
 */
export function openEngine(options: EngineOptions, epochNs: bigint): Promise<Engine> {
  const local = options.session.executionProvider === 'cpu'
  return local ? openLocalEngine(options, epochNs) : openProcessEngine(options, epochNs)
}
