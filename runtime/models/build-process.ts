import { serveParent } from '../process/serve-parent.ts'
import { type BuildRequest, buildFile } from './builtin-file.ts'

/** Builds models. This takes minutes without a pause; an interruption ends the process. */
serveParent(async (request: BuildRequest): Promise<null> => {
  await buildFile(request)
  return null
})
