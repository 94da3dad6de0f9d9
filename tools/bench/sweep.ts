import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Extent, type Figure, figure, millisecondsOf, roundsIn, sizeIn } from './figure.ts'

/** Sweeps on the built command line: speed on two processes, and memory of the coordinator. */

const CLI = 'dist/cli.js'
const ROUNDS = 5

/** A system of declared work; `durationS` decides how long a configuration takes. */
export const sweptScenario = (durationS: number) => `spillway: 1
name: bench
duration_s: ${durationS}
models: { m: { work: { law: exponential, mean_ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 200 }, timeout_ms: 1000 }]
slo: { web: ["p(95) latency_ms < 50"] }
pools: [{ name: central, model: m }]
`

/** On the way out of the process, its peak resident memory in kB. */
const PEAK = `import { readFileSync } from 'node:fs'
process.on('exit', () => {
  const peak = /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
  process._rawDebug('peak ' + peak[1])
})`

/** Runs a sweep of seeds; returns the peak resident memory of its coordinator, MB. */
function sweep(folder: string, configurations: number, workers: number): number {
  const flags = ['--import', `data:text/javascript,${encodeURIComponent(PEAK)}`]
  const words = ['sweep', join(folder, 'bench.yaml'), '--replications', '1', '--quiet']
  const seeds = ['--set', `seed=1..${configurations}`, '--workers', String(workers)]
  const args = [...flags, CLI, ...words, ...seeds, '--out', join(folder, 'out')]
  rmSync(join(folder, 'out'), { recursive: true, force: true })
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the sweep ended with ${status}: ${stderr}`)
  return Number(/peak (\d+)/.exec(stderr)?.[1]) / 1000
}

/** No figure without a build, and none of memory where the system does not report it. */
export function* sweepFigures(extent: Extent): Generator<Figure> {
  if (!existsSync(CLI)) {
    console.error(`${CLI} is not built: no figures of sweeps (npm run build)`)
    return
  }
  if (!existsSync('/proc/self/status')) return
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  const put = (durationS: number) =>
    writeFileSync(join(folder, 'bench.yaml'), sweptScenario(durationS))
  try {
    // some 25 s on one core, so that starting the processes does not count
    put(sizeIn(extent, 5000))
    const rounds = roundsIn(extent, ROUNDS)
    const ratios = Array.from({ length: rounds }, (_, round) => {
      console.error(`sweeps: round ${round + 1} of ${rounds}, some 40 s each …`)
      const configurations = extent.smoke ? 4 : 48
      const [alone, both] = [1, 2].map((workers) =>
        millisecondsOf(() => sweep(folder, configurations, workers)),
      )
      return alone! / both!
    })
    yield figure('Sweep, speed of two processes over that of one', 'x', ratios, { atLeast: 1.85 })
    if (extent.smoke) return
    put(5)
    const small = sweep(folder, 1000, 2)
    yield figure('Coordinator of a sweep of 1,000 configurations', 'MB', [small])
    console.error('sweeps: memory with 10,000 configurations …')
    const growth = sweep(folder, 10_000, 2) - small
    yield figure('Growth of that to 10,000 configurations', 'MB', [growth], { atMost: 50 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
