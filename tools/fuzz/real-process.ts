import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Outcome } from './outcome.ts'
import { CLI } from './stock.ts'

const SAMPLE_MS = 50
const RUNAWAY_MIB = 1500
const INTERRUPT_MS = 4000

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return 0
  }
}

/** Runs the built command as its users do: in a process of its own. */
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
  let peakMib = 0
  let overran: Outcome['overran'] = 'no'
  const over = setTimeout(() => {
    overran = 'responsive'
    child.kill('SIGINT')
  }, limitMs)
  const kill = setTimeout(() => {
    overran = 'unresponsive'
    child.kill('SIGKILL')
  }, limitMs + INTERRUPT_MS)
  const sampler = setInterval(() => {
    peakMib = Math.max(peakMib, peakOf(child.pid!))
    if (peakMib > RUNAWAY_MIB) child.kill('SIGKILL')
  }, SAMPLE_MS)
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(over)
      clearTimeout(kill)
      clearInterval(sampler)
    }
    child.on('error', (error) => {
      stop()
      reject(error)
    })
    child.on('close', (code, signal) => {
      stop()
      resolve({ code, signal, ...text, peakMib, overran })
    })
  })
}
