import { EXIT, Failure, hashOf, type Pool, parseKeptScenario } from '../../../scenarios/index.ts'
import type { Blamed } from '../../../sim/documents/index.ts'
import {
  type NewValue,
  type NextChange,
  overrideText,
  pairedWithTtft,
  type RunSummary,
  simulatedResult,
  type TtftMetric,
} from '../../../sim/experiment/index.ts'
import { build } from '../../version.ts'
import { extrapolationWarnings } from '../extrapolation.ts'
import type { JobOptions } from '../options.ts'
import { resolveSystem, type System } from '../prepare.ts'
import { runReplications } from '../simulations/replications.ts'

type Tried = Blamed['changes'][number]

interface TriedOptions extends JobOptions {
  readonly replications: number
  /** percentile that is compared, 0 to 1 */
  readonly level: number
  /** whose first tokens are compared; null where nothing is generated */
  readonly ttft: TtftMetric | null
  /** an objective did not hold in the replays that are blamed */
  readonly failed: boolean
}

const METRICS = { 0.99: 'p99', 0.95: 'p95', 0.5: 'p50' } as const

/**
 * Simulates each change by itself. Replication r has the same requests and the same draws of the
 * machine with and without it (common random numbers), and the rate is that of the system as it is.
 * Where every objective passes as it is, no change is called for, and none is tried.
 */
export async function triedChanges(
  base: System,
  changes: readonly NextChange[],
  options: TriedOptions,
): Promise<Pick<Blamed, 'objectives' | 'changes' | 'next' | 'warnings'>> {
  const { replications, level, ttft, failed, signal, onProgress } = options
  const simulated = async (system: System, phase: string): Promise<RunSummary[]> =>
    runReplications({ ...system, capacityRps: base.capacityRps }, replications, {
      traces: system,
      signal,
      onProgress: (done, of) => onProgress?.(phase, done, of),
    })
  const asItIs = await simulated(base, 'simulating the scenario as it is')
  const objectives = failed ? 'open' : verdictOf(base, asItIs)
  if (objectives === 'pass') return { objectives, changes: [], next: null, warnings: [] }
  const sides = [{ name: 'as it is', runs: asItIs }]
  const refused = new Map<string, string>()
  const baseWarnings = new Set(extrapolationWarnings(base))
  const warnings: string[] = []
  for (const [i, { name, values }] of changes.entries()) {
    try {
      const system = changedSystem(base, name, values)
      const doubts = extrapolationWarnings(system).filter((text) => !baseWarnings.has(text))
      warnings.push(...doubts.map((text) => `${name}: ${text}`))
      const phase = `simulating ${name}, ${i + 1} of ${changes.length}`
      sides.push({ name, runs: await simulated(system, phase) })
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error
      refused.set(name, error.problems.join('; '))
    }
  }
  const metric = METRICS[level as keyof typeof METRICS]
  const ratios = pairedWithTtft(sides, [metric, 'goodput'], ttft)
  const of = (variant: string, wanted: string): Tried['latency'] => {
    const ratio = ratios.find((row) => row.variant === variant && row.metric === wanted)
    if (ratio === undefined) return null
    const { value, low, high, difference, reason = null } = ratio
    return { value, low, high, difference, reason }
  }
  const tried = changes.map(({ name, values }): Tried => {
    const [latency, goodput, first] = [of(name, metric), of(name, 'goodput'), of(name, 'ttft')]
    const why = refused.get(name) ?? null
    return {
      name,
      set: values.map(overrideText),
      latency,
      goodput,
      ttft: first,
      helps: helps([latency, first], goodput),
      refused: why,
    }
  })
  return { objectives, changes: tried, next: best(tried), warnings }
}

/** Whether the objectives of a scenario all pass in the runs. */
function verdictOf(system: System, runs: readonly RunSummary[]): Blamed['objectives'] {
  const { objectives } = simulatedResult(system, runs, { ...build(), profile: null })
  if (objectives.length === 0) return 'none'
  return objectives.every(({ verdict }) => verdict === 'PASS') ? 'pass' : 'open'
}

/** The change that helps most: by latency or time to first token, and then by the goodput. */
function best(tried: readonly Tried[]): string | null {
  const least = ({ latency, ttft }: Tried) => Math.min(latency?.value ?? 1, ttft?.value ?? 1)
  const order = (a: Tried, b: Tried) =>
    least(a) - least(b) || (b.goodput?.value ?? 1) - (a.goodput?.value ?? 1)
  return tried.filter((change) => change.helps).sort(order)[0]?.name ?? null
}

/** A tail of fewer served requests may be shorter, so the goodput counts as well. */
function helps(times: readonly Tried['latency'][], goodput: Tried['goodput']): boolean {
  const of = times.map((ratio) => ratio?.difference)
  const good = goodput?.difference
  const isWorse = of.includes('higher') || good === 'lower'
  return !isWorse && (of.includes('lower') || good === 'higher')
}

/**
 * A system with other values in its scenario, on the same profile and files. Throws `Failure` with
 * every reason why the scenario does not allow them, or the profile does not have them.
 */
function changedSystem(system: System, name: string, values: readonly NewValue[]): System {
  const changed = JSON.parse(JSON.stringify(system.scenario)) as unknown
  for (const { path, value } of values) setAt(changed, path, value)
  const scenario = parseKeptScenario(JSON.stringify(changed), name)
  // a model at another precision has other content than its file
  const contents = scenario.pools.map(({ model, precision }) => {
    const same = (pool: Pool) => pool.model === model && pool.precision === precision
    const index = system.scenario.pools.findIndex(same)
    return index < 0 ? null : system.contents[index]!
  })
  return resolveSystem({ ...system, scenario, hash: hashOf(scenario), contents }, system.profile)
}

function setAt(holder: unknown, [step, ...rest]: readonly string[], value: unknown): void {
  const key = Array.isArray(holder)
    ? holder.findIndex((entry) => Reflect.get(entry as object, 'name') === step)
    : step!
  if (rest.length === 0) Reflect.set(holder as object, key, value)
  else setAt(Reflect.get(holder as object, key), rest, value)
}
