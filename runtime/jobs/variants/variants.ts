import {
  arrivalParts,
  Failure,
  onnxFileOf,
  type Scenario,
  variantChanges,
} from '../../../scenarios/index.ts'
import { fewRunsText, memoryShortages, type Variants } from '../../../sim/documents/index.ts'
import {
  busyEngineWarnings,
  configurationRow,
  pairedRatios,
  type RunSummary,
  runFigures,
  simulatedResult,
  transferWarnings,
  uncalibratedWarnings,
  undetectedWarnings,
  variantFigures,
  variantResources,
} from '../../../sim/experiment/index.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import { builtinWeightBytes, readOnnx } from '../../models/index.ts'
import { build } from '../../version.ts'
import { REPLICATIONS } from '../defaults.ts'
import { backlogWarning } from '../demand.ts'
import { extrapolationWarnings } from '../extrapolation.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import type { System } from '../prepare.ts'
import { profileWarnings, workWarnings } from '../profile-warnings.ts'
import { runReplications } from '../simulations/replications.ts'
import { processesFor } from '../simulations/simulation-processes.ts'
import { slowestSystem } from '../slowest.ts'
import { notesOfInputs } from '../uncertainty.ts'
import type { LoadedVariants, NamedSystem } from './load-variants.ts'
import { type ReplayedVariants, replayVariants } from './replay-variants.ts'
import { refuseManyInputs, widerVariants } from './variants-with-inputs.ts'

export interface VariantsOptions extends DocumentOptions {
  /** independent runs behind each interval; default 10 */
  readonly replications?: number | undefined
  /** processes, at most one a core, by default that many; no figure depends on it */
  readonly workers?: number | undefined
  /** how often every variant is replayed; by default none is */
  readonly replays?: number | undefined
}

/** Variants side by side, and the replays of each where they were replayed. */
export interface ComparedVariants {
  readonly document: Variants
  readonly replayed: ReplayedVariants | null
}

/**
 * Simulates variants of a scenario, and replays them in alternating slices where `replays` is set.
 * Replication r of every variant has the same requests and the same draws of the machine (common
 * random numbers). Loads are shares of the capacity of the first variant.
 */
export async function variants(
  { base, variants: named }: LoadedVariants,
  options: VariantsOptions = {},
): Promise<ComparedVariants> {
  const { replications = REPLICATIONS.interval, replays, command = LIBRARY_CALL } = options
  const { workers } = options
  const processes = processesFor(replications, workers)
  const { signal = new AbortController().signal, onProgress } = options
  const [first] = named as [NamedSystem]
  const { capacityRps, scenario, profile } = first.system
  refuseManyInputs(named)
  const simulated: { named: NamedSystem; runs: RunSummary[]; slower: RunSummary[] | null }[] = []
  const warnings: string[] = []
  for (const [i, variant] of named.entries()) {
    const { system, name } = variant
    const input = { ...system, capacityRps }
    const backlog = backlogWarning(input, capacityRps, processes)
    const doubts = [...profileWarnings(system.models), ...extrapolationWarnings(system)]
    warnings.push(
      ...[...(backlog === null ? [] : [backlog]), ...doubts].map((text) => `${name}: ${text}`),
    )
    const phase = `simulating ${name}, ${i + 1} of ${named.length}`
    const runs = await runReplications(input, replications, {
      traces: system,
      workers,
      signal,
      onProgress: (done, of) => onProgress?.(phase, done, of),
    })
    const slowest = slowestSystem(system, processes)
    const slower =
      slowest &&
      (await runReplications({ ...slowest, capacityRps }, replications, {
        traces: system,
        workers,
        signal,
        onProgress: (done, of) => onProgress?.(`${phase}, with slower times`, done, of),
      }))
    simulated.push({ named: variant, runs, slower })
  }
  const label = profile && profileLabel(profile)
  const sides = simulated.map(({ named: { name }, runs }) => ({ name, runs }))
  const weights = await Promise.all(named.map(({ system }) => modelWeights(system)))
  const rows = simulated.map(({ named: { name, set, system }, runs, slower }, i) => {
    const result = simulatedResult(system, runs, { ...build(), profile: label })
    const failed = undetectedWarnings(system.scenario, result)
    warnings.push(...failed.map((text) => `${name}: ${text}`))
    const memory = memoryShortages(result.memory)
    const doubts = workWarnings(system.models)
    return {
      name,
      set: [...set],
      changes: variantChanges({ scenario, set: first.set }, { scenario: system.scenario, set }),
      row: configurationRow(
        { ...system, extrapolated: extrapolationWarnings(system) },
        runs.map((run, at) => runFigures(system.scenario, run, slower?.[at])),
      ),
      figures: variantFigures(sides[i]!),
      resources: variantResources(system, weights[i]!, runs),
      ...(memory.length > 0 && { memory }),
      ...(doubts.length > 0 && { doubtful_times: doubts }),
      tail: result.tail,
    }
  })
  const wider = await widerVariants(
    simulated.map(({ named: { name, system }, runs }, i) => {
      const { row, figures } = rows[i]!
      return { name, system: { ...system, capacityRps }, runs, row, figures }
    }),
    { workers, signal, onProgress },
  )
  const few = rows.every(({ row }) => row.exact === true) ? null : fewRunsText(replications)
  if (few !== null) warnings.push(few)
  const replayed =
    replays === undefined ? null : await replayVariants(named, { replays, signal, onProgress })
  const document: Variants = {
    document: 'spillway-variants',
    format: 1,
    ...build(),
    scenario: {
      name: base.scenario.name,
      hash: base.hash,
      description: base.scenario.description,
    },
    seed: base.scenario.seed,
    profile: label,
    duration_s: base.scenario.duration_s,
    warmup_s: base.scenario.warmup_s,
    replications,
    rate: hasLoad(scenario) ? first.name : null,
    variants: rows.map((row, i) => ({ ...row, ...wider?.variants[i] })),
    ...(wider !== null && { interval: 'inputs' as const }),
    ratios: wider?.ratios ?? pairedRatios(sides),
    measured: replayed?.document ?? null,
    warnings: [
      ...warnings,
      ...held(named, notesOfInputs),
      ...held(named, ({ scenario: stated }) => transferWarnings(stated)),
      ...held(named, ({ scenario: stated }) => uncalibratedWarnings(stated)),
      ...held(named, ({ scenario: stated }) => busyEngineWarnings(stated)),
    ],
    command,
  }
  return { document, replayed }
}

/** What holds of variants, each text with the variants that it holds for. */
function held(
  named: readonly NamedSystem[],
  textsOf: (system: System) => readonly string[],
): string[] {
  const holders = new Map<string, string[]>()
  for (const { name, system } of named) {
    for (const text of textsOf(system)) {
      holders.set(text, [...(holders.get(text) ?? []), name])
    }
  }
  return [...holders].map(([text, names]) =>
    names.length === named.length ? text : `${names.join(', ')}: ${text}`,
  )
}

/** Whether a rate is stated as a share of the capacity. */
function hasLoad({ traffic }: Scenario): boolean {
  return traffic.some(({ arrivals }) => arrivalParts(arrivals).some((part) => 'load' in part))
}

/**
 * Bytes of the stored tensors of the model of each pool, at the precision of the pool; null for
 * declared work, and where a file cannot be read.
 */
function modelWeights({ scenario, directory }: System): Promise<(number | null)[]> {
  return Promise.all(
    scenario.pools.map(async ({ model: name, precision }) => {
      const model = scenario.models[name]!
      if ('work' in model) return null
      if ('builtin' in model) return builtinWeightBytes(model, precision)
      try {
        const { graph } = await readOnnx(onnxFileOf(model, precision), directory)
        return graph?.weightBytes ?? null
      } catch (error) {
        // it can be simulated from a profile without its file
        if (error instanceof Failure) return null
        throw error
      }
    }),
  )
}
