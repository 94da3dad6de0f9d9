import { Failure } from '../scenarios/index.ts'
import { type Engine, openLocalEngine } from './engine.ts'
import type { EngineReply, EngineRequest } from './process-engine.ts'
import { err } from './terminal.ts'

/** Where the parent has gone meanwhile, nobody is there to reply to and nothing is left to do. */
const reply = (message: EngineReply) =>
  process.send?.(message, undefined, undefined, (error) => {
    if (error !== null) process.exit(0)
  })
let engine: Engine | null = null

async function answer(request: EngineRequest): Promise<void> {
  if (request.kind === 'open') {
    engine = await openLocalEngine(request.options, request.epochNs)
    reply({ kind: 'opened', fellBack: engine.fellBack })
    return
  }
  reply({ kind: 'ran', ...(await ordered(engine!, request)) })
}

function ordered(own: Engine, request: Exclude<EngineRequest, { kind: 'open' }>) {
  if (request.kind !== 'run') return own[request.kind]()
  const { size, length, lengths, keys } = request
  return own.run(size, length, lengths, keys)
}

process.on('message', (request: EngineRequest) => {
  answer(request).catch((error: unknown) => {
    if (error instanceof Failure) {
      reply({ kind: 'failed', problems: error.problems })
      return
    }
    err(`${(error as Error).stack}\n`)
    process.exit(1)
  })
})
// Ctrl-C goes to every process of the terminal; the parent decides what it means
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {})
// the parent is gone or has no more use for this process
process.on('disconnect', () => process.exit(0))
