import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { allocatorFigures } from './allocators.ts'
import { histogramFigures } from './histogram.ts'
import { kernelFigures } from './kernel.ts'
import { measureMemory, memoryFigures } from './memory.ts'
import { peerFigures } from './peers.ts'
import { type Figure, figureLine, machine } from './report.ts'
import { servingFigures } from './serving.ts'
import { startupFigures } from './startup.ts'
import { measureTraceMemory, traceMemoryFigures } from './trace-memory.ts'

/**
 * Speed and memory compared with Spillway's targets. `--full` goes up to 10^8 requests, `--peers`
 * adds SimPy and a bare Python loop, `--json` prints one document, and a word such as `kernel` runs
 * that part only. Nothing fails here: timings depend on the load of the machine.
 */
const parts: Readonly<Record<string, (options: { full: boolean }) => Iterable<Figure>>> = {
  kernel: kernelFigures,
  serving: servingFigures,
  histogram: histogramFigures,
  allocators: allocatorFigures,
  memory: ({ full }) => memoryFigures(full),
  traces: ({ full }) => traceMemoryFigures(full),
  startup: startupFigures,
  peers: peerFigures,
}

function main(args: readonly string[]): void {
  const json = args.includes('--json')
  const named = args.filter((arg) => arg in parts)
  const chosen = Object.keys(parts).filter((part) =>
    part === 'peers'
      ? args.includes('--peers') || named.includes(part)
      : named.length === 0 || named.includes(part),
  )
  const host = machine()
  if (!json) console.log(`${host.cpu}, ${host.cores} cores, Node ${host.node}, ${host.platform}\n`)
  const figures: Figure[] = []
  for (const part of chosen) {
    for (const figure of parts[part]!({ full: args.includes('--full') })) {
      figures.push(figure)
      if (!json) console.log(figureLine(figure))
    }
  }
  if (json) console.log(JSON.stringify({ machine: host, figures }, null, 2))
}

/**
 * Bundles this file as the command line is bundled, and runs the bundle, so that the code that
 * users run is timed.
 */
async function bundleAndRun(args: readonly string[]): Promise<number> {
  const { build } = await import('esbuild')
  // below node_modules, so that packages are found from there
  const outfile = 'node_modules/.cache/spillway/bench.mjs'
  await build({
    entryPoints: [fileURLToPath(import.meta.url)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
  return spawnSync(process.execPath, [outfile, ...args], { stdio: 'inherit' }).status ?? 1
}

const args = process.argv.slice(2)
if (import.meta.url.endsWith('.ts')) process.exitCode = await bundleAndRun(args)
else if (args[0] === '--memory-of') measureMemory(Number(args[1]))
else if (args[0] === '--trace-memory-of')
  await measureTraceMemory(args[1]!, args[2]!, Number(args[3]))
else main(args)
