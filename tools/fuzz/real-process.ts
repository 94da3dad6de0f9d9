import { spawn } from 'node:child_process'
import type { Outcome } from './outcome.ts'
import { CLI } from './stock.ts'
import { Watch } from './watch.ts'

/** Runs the built command in a separate process, as users do. */
export function runProcess(
  folder: string,
  args: readonly string[],
  { cache, limitMs }: { readonly cache: string; readonly limitMs: number },
): Promise<Outcome> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    env: { ...process.env, SPILLWAY_CACHE: cache, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (data) => {
      text[name] += data
    })
  }
  const watch = new Watch(child, limitMs)
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      watch.stop()
      reject(error)
    })
    child.on('close', (code, signal) => {
      watch.stop()
      const { peakMib, overran } = watch
      resolve({ code, signal, ...text, peakMib, overran })
    })
  })
}
