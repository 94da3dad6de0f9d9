import { serveParent } from '../process/serve-parent.ts'
import type { Engine } from './engine.ts'
import type { EngineReply, EngineRequest } from './engine-child.ts'
import { openLocalEngine } from './local-engine.ts'

let engine: Engine | null = null

serveParent(async (request: EngineRequest): Promise<EngineReply> => {
  if (request.kind === 'open') {
    engine = await openLocalEngine(request.options, request.epochNs)
    return { fellBack: engine.fellBack }
  }
  if (engine === null) throw new Error(`Expected an engine to be open before ${request.kind}`)
  if (request.kind !== 'run') return engine[request.kind]()
  const { size, length, lengths, keys } = request
  return engine.run(size, length, lengths, keys)
})
