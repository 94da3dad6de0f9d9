import { serveParent } from '../process/serve-parent.ts'
import { type BuildRequest, buildFile } from './builtin-file.ts'

/** Builds models: minutes of work without a pause, which an interruption must be able to end. */
serveParent(async (request: BuildRequest): Promise<null> => {
  await buildFile(request)
  return null
})
