import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { materialise } from '../runtime/models/index.ts'

/** A server that is no part of Spillway: ONNX Runtime for Python under uvicorn. */

/** Debian installs its packages for this one. */
const PYTHON = '/usr/bin/python3'
const REMEDY = 'apt install python3-onnxruntime python3-uvicorn'

export const lacksPythonServer =
  spawnSync(PYTHON, ['-c', 'import onnxruntime, uvicorn']).status !== 0
if (lacksPythonServer && process.env.CI === 'true') {
  throw new Error(`expected ONNX Runtime: ${REMEDY}`)
}

export interface PythonServer {
  readonly child: ChildProcess
  readonly url: string
  /** how many batches of each size it has run */
  executions(): Promise<Readonly<Record<string, number>>>
}

/**
 * Serves a builtin net as `served`. `mostOfBatch`: requests that its own queue forms batches of;
 * by default each call is a batch. Its process has to be ended.
 */
export async function startPythonServer(
  folder: string,
  mostOfBatch?: number,
  { layers = 2, width = 64 }: { readonly layers?: number; readonly width?: number } = {},
): Promise<PythonServer> {
  const model = { builtin: 'mlp', layers, width, seed: 1 } as const
  const cacheDirectory = `${folder}/cache`
  const { path } = await materialise(model, 'fp32', { directory: folder, cacheDirectory })
  // Debian's build writes 100 kB of warnings
  const stdio: StdioOptions = ['ignore', 'pipe', 'ignore']
  const batching = mostOfBatch === undefined ? [] : [`${mostOfBatch}`]
  const given = ['test/servers/oip_server.py', path, 'served', 'binary', ...batching]
  const child = spawn(PYTHON, given, { stdio })
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout!.once('data', (data) => resolve(`${data}`.trim()))
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const url = `http://127.0.0.1:${port}`
  const executions: PythonServer['executions'] = async () => {
    const response = await fetch(`${url}/v2/models/served/executions`)
    return (await response.json()) as Record<string, number>
  }
  return { child, url, executions }
}
