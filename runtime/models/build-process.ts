import { Worker } from 'node:worker_threads'
import { serveParent } from '../process/serve-parent.ts'
import { buildFile } from './build-file.ts'
import type { BuildRequest } from './builtin-file.ts'

/**
 * Ends this process where its parent was killed. The builder looks at no message while it builds,
 * so a thread does; the system gives a process whose parent has ended another one.
 */
const WATCH = `
  const { workerData } = require('node:worker_threads')
  setInterval(() => {
    if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL')
  }, 200)
`

/** Builds models. This takes minutes without a pause; an interruption ends the process. */
serveParent(async (request: BuildRequest): Promise<null> => {
  await buildFile(request)
  return null
})
new Worker(WATCH, { eval: true, workerData: process.ppid, execArgv: [] })
