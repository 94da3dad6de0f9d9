import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { Blamed } from '../../../sim/documents/index.ts'
import { type NextChange, overrideText, pairedRatios } from '../../../sim/experiment/index.ts'
import type { RunSummary } from '../../../sim/stats/index.ts'
import { extrapolationWarnings } from '../extrapolation.ts'
import type { JobOptions } from '../options.ts'
import type { System } from '../prepare.ts'
import { runReplications } from '../replications.ts'
import { changedSystem } from './changed-system.ts'

type Tried = Blamed['changes'][number]

interface TriedOptions extends JobOptions {
  readonly replications: number
  /** percentile that is compared, 0 to 1 */
  readonly level: number
}

const METRICS = { 0.99: 'p99', 0.95: 'p95', 0.5: 'p50' } as const

/**
 * Simulates each change by itself. Replication r has the same requests and the same draws of the
 * machine with and without it (common random numbers), and the rate is that of the system as it is.
 */
export async function triedChanges(
  base: System,
  changes: readonly NextChange[],
  options: TriedOptions,
): Promise<Pick<Blamed, 'changes' | 'next' | 'warnings'>> {
  const { replications, level, signal, onProgress } = options
  const simulated = async (system: System, phase: string): Promise<RunSummary[]> =>
    runReplications({ ...system, capacityRps: base.capacityRps }, replications, {
      traces: system,
      signal,
      onProgress: (done, of) => onProgress?.(phase, done, of),
    })
  const sides = [
    { name: 'as it is', runs: await simulated(base, 'simulating the scenario as it is') },
  ]
  const refused = new Map<string, string>()
  const known = new Set(extrapolationWarnings(base))
  const warnings: string[] = []
  for (const [i, { name, values }] of changes.entries()) {
    try {
      const system = changedSystem(base, name, values)
      const doubts = extrapolationWarnings(system).filter((text) => !known.has(text))
      warnings.push(...doubts.map((text) => `${name}: ${text}`))
      const phase = `simulating ${name}, ${i + 1} of ${changes.length}`
      sides.push({ name, runs: await simulated(system, phase) })
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error
      refused.set(name, error.problems.join('; '))
    }
  }
  const metric = METRICS[level as keyof typeof METRICS]
  const ratios = pairedRatios(sides, [metric, 'goodput'])
  const of = (variant: string, wanted: string): Tried['latency'] => {
    const found = ratios.find((one) => one.variant === variant && one.metric === wanted)
    if (found === undefined) return null
    const { value, low, high, difference, reason = null } = found
    return { value, low, high, difference, reason }
  }
  const tried = changes.map(({ name, values }): Tried => {
    const [latency, goodput] = [of(name, metric), of(name, 'goodput')]
    const why = refused.get(name) ?? null
    return {
      name,
      set: values.map(overrideText),
      latency,
      goodput,
      helps: helps(latency, goodput),
      refused: why,
    }
  })
  return { changes: tried, next: best(tried), warnings }
}

/** The change that helps most: by the latency, and at equal latencies by the goodput. */
function best(tried: readonly Tried[]): string | null {
  const order = (a: Tried, b: Tried) =>
    (a.latency?.value ?? 1) - (b.latency?.value ?? 1) ||
    (b.goodput?.value ?? 1) - (a.goodput?.value ?? 1)
  return tried.filter((one) => one.helps).sort(order)[0]?.name ?? null
}

/** A tail of fewer served requests may be shorter, so the goodput counts as well. */
function helps(latency: Tried['latency'], goodput: Tried['goodput']): boolean {
  const [tail, good] = [latency?.difference, goodput?.difference]
  return (
    (tail === 'lower' && good !== 'lower') ||
    (good === 'higher' && tail != null && tail !== 'higher')
  )
}
