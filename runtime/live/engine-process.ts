import { serveParent } from '../process/serve-parent.ts'
import type { Engine } from './engine.ts'
import { type EngineReply, type EngineRequest, YIELD } from './engine-child.ts'
import { openLocalSteps } from './generation/local-steps.ts'
import type { StepEngine } from './generation/step-engine.ts'
import { openLocalEngine } from './local-engine.ts'

let engine: Engine | null = null
/** in place of it, where the model generates */
let stepEngine: StepEngine | null = null
const word = { yields: false, whenYields: () => new Promise<void>(() => {}) }

serveParent(
  async (request: EngineRequest): Promise<EngineReply> => {
    if (request.kind === 'open') {
      const { options, epochNs } = request
      const { generation } = options
      if (generation !== undefined) {
        stepEngine = await openLocalSteps({ ...options, generation }, epochNs)
        return { fellBack: stepEngine.fellBack }
      }
      engine = await openLocalEngine(options, epochNs)
      return { fellBack: engine.fellBack }
    }
    if (request.kind === 'steps') {
      if (stepEngine === null) throw new Error('Expected a decoder to be open before steps')
      word.yields = false
      return stepEngine.run(request.order, word)
    }
    if (engine === null) throw new Error(`Expected an engine to be open before ${request.kind}`)
    if (request.kind !== 'run') return engine[request.kind]()
    const { size, length, lengths, keys } = request
    return engine.run(size, length, lengths, keys)
  },
  (note) => {
    if (note === YIELD) word.yields = true
  },
)
