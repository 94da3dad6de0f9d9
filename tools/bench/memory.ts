import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { Figure } from './report.ts'
import { figure } from './rounds.ts'
import { serve, servingScenario } from './serving.ts'

const SMALL = 1e5

/** Serves `requests` in a separate process and prints its resident memory, MB. */
export function measureMemory(requests: number): void {
  serve(servingScenario(1, requests))
  console.log(residentMb())
}

/**
 * Peak resident memory on Linux; elsewhere the current one. (getrusage has the peak, too, but a
 * child starts with that of its parent.)
 */
export function residentMb(): number {
  const status = '/proc/self/status'
  const peak = existsSync(status) ? /VmHWM:\s*(\d+) kB/.exec(readFileSync(status, 'utf8')) : null
  return peak === null ? process.memoryUsage.rss() / 1e6 : Number(peak[1]) / 1000
}

/** Growth of resident memory with the number of requests. */
export function* memoryFigures(full: boolean): Generator<Figure> {
  const small = memoryOf(SMALL)
  yield figure('Resident memory, 10^5 requests', 'MB', [small])
  for (const exponent of full ? [7, 8] : [7]) {
    const growth = memoryOf(10 ** exponent) - small
    yield figure(`Growth of that to 10^${exponent}`, 'MB', [growth], { atMost: 50 })
  }
}

function memoryOf(requests: number): number {
  const child = spawnSync(process.execPath, [process.argv[1]!, '--memory-of', String(requests)], {
    encoding: 'utf8',
  })
  if (child.status !== 0) throw new Error(`Expected the child to succeed: ${child.stderr}`)
  return Number(child.stdout)
}
