import { dirname } from 'node:path'
import {
  EXIT,
  Failure,
  type LoadedScenario,
  loadScenario,
  modelKey,
  modelLabel,
  type RecordedClient,
  readServegen,
  type Scenario,
  surveyTrace,
  type TraceSurvey,
} from '../../scenarios/index.ts'
import {
  activationsOf,
  batchRoom,
  generationCapacity,
  poolCapacity,
  type SimulationInput,
  stepsOf,
  systemCapacity,
  workOf,
} from '../../sim/experiment/index.ts'
import type { ActivationPlan } from '../../sim/memory/index.ts'
import { comesAndGoes, type ServingPlan, servingPlan } from '../../sim/serving/index.ts'
import { parseRequests, RequestList, trafficSource } from '../../sim/traffic/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { settleFolder } from '../folders/replace-files.ts'
import { readText } from '../folders/user-text.ts'
import { hasMeasuredLoads } from '../live/swappable-models.ts'
import { refuseWeights } from '../live/weights.ts'
import { contentOf } from '../models/index.ts'
import { expectTrace } from '../parquet/expect-decodable.ts'
import { refuseCrowd } from './demand.ts'
import { classWeights, lengthMixes, promptsAndAnswers } from './length-mix.ts'
import { refuseReacting } from './refuse.ts'
import { heldTraces } from './trace-readers.ts'

/** What every command that takes a scenario starts from. */
export interface Prepared extends LoadedScenario {
  readonly plan: ServingPlan
  /** what a batch of each pool does with memory; null where that is not known, or does not count */
  readonly activations: readonly (ActivationPlan | null)[]
  /** by the index of the class */
  readonly traces: ReadonlyMap<number, TraceSurvey>
  /** rates of recorded clients, by the index of the class */
  readonly clients: ReadonlyMap<number, readonly RecordedClient[]>
  /** of the model of each pool, as `contentOf` names it */
  readonly contents: readonly (string | Failure | null)[]
}

export interface PrepareOptions {
  readonly set?: readonly string[]
  readonly seed?: number
  /** stops the reading of traces, which may be long */
  readonly signal?: AbortSignal
}

/**
 * Loads a scenario, surveys the traces and reads the clients that it names. Throws `Failure`, also
 * where it is stopped.
 */
export async function prepare(path: string, options: PrepareOptions): Promise<Prepared> {
  const loaded = await loadScenario(path, options)
  const traces = new Map<number, TraceSurvey>()
  const clients = new Map<number, readonly RecordedClient[]>()
  const { scenario, directory } = loaded
  const onProgress = () => stopWhere(options.signal)
  for (const [index, { arrivals }] of scenario.traffic.entries()) {
    if (arrivals.process === 'trace') {
      await expectTrace(arrivals, directory, options.signal)
      traces.set(index, await surveyTrace(arrivals, directory, { onProgress }))
    }
    if (arrivals.process !== 'servegen') continue
    const { duration_s } = scenario
    clients.set(index, await readServegen(arrivals, directory, duration_s, onProgress))
  }
  const activations = activationsOf(scenario, [])
  const contents = await contentsOf(scenario, directory)
  onProgress()
  return { ...loaded, plan: servingPlan(scenario), activations, traces, clients, contents }
}

/** One reading of each file, whatever number of pools runs it. */
async function contentsOf(scenario: Scenario, directory: string): Promise<Prepared['contents']> {
  const found = new Map<string, string | Failure | null>()
  const contents: (string | Failure | null)[] = []
  for (const { model, precision } of scenario.pools) {
    const name = `${model} ${precision}`
    if (!found.has(name)) {
      found.set(name, await contentOf(scenario.models[model]!, precision, directory))
    }
    contents.push(found.get(name)!)
  }
  return contents
}

function stopWhere(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new Failure('interrupted', EXIT.interrupted)
}

/**
 * The profile's model of each pool; null where its work is declared. Throws `Failure` where a file
 * is missing, and where the profile is of another one than the pool runs.
 */
export function modelsOf(prepared: Prepared, profile: Profile | null): (ModelProfile | null)[] {
  const { scenario } = prepared
  const missing = prepared.contents.flatMap((content, i) =>
    content instanceof Failure
      ? content.problems.map((text) => `${prepared.file} pools.${scenario.pools[i]!.name}: ${text}`)
      : [],
  )
  if (missing.length > 0) throw new Failure(missing)
  const problems: string[] = []
  const models = scenario.pools.map((pool, i) => {
    if ('work' in scenario.models[pool.model]!) return null
    const model = profile?.models.find(({ key }) => key === modelKey(scenario, pool))
    const label = modelLabel(scenario, pool)
    const lacks = (what: string) =>
      problems.push(
        `${prepared.file} pools.${pool.name}: the profile ${profile?.name ?? '(none)'} ${what}. ` +
          `Run: spillway calibrate ${prepared.file}`,
      )
    if (model === undefined) {
      const labels = profile?.models.map((one) => one.label).join(', ') || 'no models'
      lacks(`has no ${label}; it has ${labels}`)
    } else if (model.content !== prepared.contents[i]) {
      lacks(
        `is of another ${label}: ${model.content}, but the model is now ${prepared.contents[i]}`,
      )
    } else if (pool.memory !== undefined && model.memory === null) {
      lacks(`has no memory of ${label}, which its calibration did not find out`)
    } else if (hasMeasuredLoads(scenario, pool) && model.memory?.loadMs === undefined) {
      lacks(`does not know how long ${label} takes to load`)
    }
    return model ?? null
  })
  if (problems.length > 0) throw new Failure(problems, EXIT.notComparable)
  return models
}

/** What the models of the pools are now, by their keys; those whose work is declared left out. */
export function contentsByKey({ scenario, contents }: Prepared): Map<string, string> {
  return new Map(
    scenario.pools.flatMap((pool, i) => {
      const content = contents[i]
      return typeof content === 'string' ? [[modelKey(scenario, pool), content] as const] : []
    }),
  )
}

/**
 * Capacity of each pool, requests/s, as the profile or the declared work gives it; null where its
 * model comes and goes: it would go by who asks for which model when.
 */
export function capacitiesOf(
  prepared: Prepared,
  models: readonly (ModelProfile | null)[],
): (number | null)[] {
  const { scenario } = prepared
  const lengths = lengthMixes(prepared)
  const plan = servingPlan(scenario, activationsOf(scenario, models))
  const targets = plan.pools.map(({ generation }) => generation?.handOver?.pool)
  return plan.pools.map((pool, i) => {
    if (comesAndGoes(plan, i)) return null
    const steps = stepsOf(scenario, scenario.pools[i]!.model)
    if (steps !== null) {
      return generationCapacity(pool, steps, targets.includes(i), promptsAndAnswers(prepared, i))
    }
    const model = models[i] ?? null
    const overheadMs = model === null || scenario.pools[i]!.speed === 'ideal' ? 0 : around(model)
    const { draw } = lengths[i]!
    return poolCapacity(pool, workOf(model, scenario, i), overheadMs, draw, batchRoom(plan, i))
  })
}

/** Usual time around the work of a batch while there is always more to do, ms. */
function around(model: ModelProfile): number {
  const middle = (table: readonly number[]) => table[table.length >> 1]!
  return middle(model.overheads.dispatch[0]!.table) + middle(model.overheads.completion[0]!.table)
}

/** All that a simulation of the scenario needs. Throws `Failure` where the profile does not do. */
export function simulationInput(prepared: Prepared, profile: Profile | null): SimulationInput {
  const models = modelsOf(prepared, profile)
  refuseWeights(prepared, models)
  const { scenario, plan } = prepared
  const linkRps = 1000 / (scenario.link?.per_request_ms ?? 0)
  const poolsRps = capacitiesOf(prepared, models)
  const systemRps = systemCapacity(plan, poolsRps, classWeights(prepared))
  const capacityRps = systemRps === null ? null : Math.min(systemRps, linkRps)
  refuseCrowd(prepared, capacityRps)
  return {
    scenario,
    models,
    capacityRps,
    traces: prepared.traces,
    clients: prepared.clients,
    requests: null,
  }
}

/** A rate over the capacity; null where that is not known. */
export function loadOf(rps: number, { capacityRps }: SimulationInput): number | null {
  return capacityRps === null ? null : rps / capacityRps
}

/** The same, with a plan that knows what batches take by what a profile says of models. */
export function planned(prepared: Prepared, { models }: SimulationInput): Prepared {
  const activations = activationsOf(prepared.scenario, models)
  return { ...prepared, activations, plan: servingPlan(prepared.scenario, activations) }
}

/**
 * The requests of replication 0; or those of a file that `spillway requests` wrote. Throws
 * `Failure` where clients react to how requests end.
 */
export async function requestsOf(
  prepared: Prepared,
  capacityRps: number | null,
  file?: string,
): Promise<RequestList> {
  const { scenario } = prepared
  refuseReacting(prepared, 'so its requests are not known beforehand')
  if (file !== undefined) {
    await settleFolder(dirname(file))
    const lines = (await readText(file)).split('\n')
    const classes = scenario.traffic.map((traffic) => traffic.class)
    const given = parseRequests(lines, classes, file)
    if (given.count > 0) return given
    throw new Failure(`${file}:1: expected requests, got none`)
  }
  const list = await drawnRequests(prepared, capacityRps)
  if (list.count > 0) return list
  throw new Failure(`${prepared.file}: no request comes in ${scenario.duration_s} s`)
}

/** The requests of replication 0, of which there may be none. */
export async function drawnRequests(
  prepared: Prepared,
  capacityRps: number | null,
): Promise<RequestList> {
  const { scenario, clients } = prepared
  refuseCrowd(prepared, capacityRps, true)
  const traces = await heldTraces(prepared)
  return RequestList.collect(
    trafficSource(scenario, { seed: scenario.seed, replication: 0, capacityRps, traces, clients }),
  )
}
