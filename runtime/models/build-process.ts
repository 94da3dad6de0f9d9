import { serveParent } from '../process/serve-parent.ts'
import { buildFile } from './build-file.ts'
import type { BuildRequest } from './builtin-file.ts'

/** Builds models. This takes minutes without a pause; an interruption ends the process. */
serveParent(async (request: BuildRequest): Promise<null> => {
  await buildFile(request)
  return null
})
