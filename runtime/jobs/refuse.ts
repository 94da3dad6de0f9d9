import {
  EXIT,
  Failure,
  isServed,
  isStreamed,
  modelKey,
  modelLabel,
  type Pool,
} from '../../scenarios/index.ts'
import { reactingClasses } from '../../sim/traffic/index.ts'
import { executionProviders } from '../models/index.ts'
import { targetOf } from '../targets/pool-target.ts'
import type { Prepared } from './prepare.ts'

/** Throws `Failure` where what clients send depends on how their requests end. */
export function refuseReacting(
  { scenario, file }: Prepared,
  why = 'so its requests are not known in advance; simulate and replay support it',
): void {
  const [name] = reactingClasses(scenario)
  if (name === undefined) return
  const text = 'what its clients send depends on how their requests end'
  throw new Failure(`${file} traffic.${name}: ${text}, ${why}`)
}

type Live = Pick<Prepared, 'scenario' | 'file' | 'allowed'>

/** Throws `Failure` where a replay cannot run a scenario, before anything is opened or measured. */
export function refuseLive(sides: readonly Live[]): void {
  for (const side of sides) {
    const { scenario, file } = side
    for (const [i, { kind }] of (scenario.failures ?? []).entries()) {
      if (kind !== 'deployment') continue
      const text = 'a replay does not drain and restart replicas, as a deployment does'
      throw new Failure(`${file} failures.${i}.kind: ${text}; simulate supports it`)
    }
    if (scenario.budget !== undefined) {
      const text = 'a replay does not start and stop replicas, which share it'
      throw new Failure(`${file} budget: ${text}; simulate and variants support it`)
    }
    if (scenario.tuning !== undefined) {
      const text = 'a replay does not tune settings yet; simulate and variants support it'
      throw new Failure(`${file} tuning: ${text}`)
    }
    for (const pool of scenario.pools) {
      refuseTarget(pool, side)
      if (scenario.failures !== undefined && pool.memory !== undefined) {
        const text = 'remove memory: a replay does not lose replicas of pools with memory'
        throw new Failure(`${file} pools.${pool.name}.memory: ${text}; simulate supports it`)
      }
      if (isStreamed(pool)) continue
      const problem =
        'work' in scenario.models[pool.model]!
          ? `model: ${pool.model} has declared work, which cannot run live`
          : pool.scaling !== undefined && !pool.scaling.advisory
            ? 'scaling: a replay does not start and stop replicas; with advisory it records decisions'
            : (generationProblem(pool) ?? memoryProblem(pool))
      if (problem === null) continue
      throw new Failure(`${file} pools.${pool.name}.${problem}; simulate supports it`)
    }
  }
}

/** Servers of others are not ended and started. */
function refuseTarget(pool: Pool, { scenario, file, allowed }: Live): void {
  if (targetOf(pool, allowed) === null || scenario.failures === undefined) return
  const text = 'remove it: a replay does not end and start servers of others'
  throw new Failure(`${file} pools.${pool.name}.target: ${text}; or remove failures`)
}

/** The first key of a pool's generation that a replay does not have. */
function generationProblem({ generation }: Pool): string | null {
  if (generation === undefined) return null
  if (generation.kv_cache?.blocks === undefined) {
    return 'generation: add kv_cache.blocks: the KV cache of a replay has an end'
  }
  if (generation.policy === 'static') return null
  if (generation.preemption === 'swap') {
    return 'generation.preemption: a replay does not swap KV caches out, but computes them again'
  }
  if (generation.hand_over === undefined) return null
  return 'generation.hand_over: a replay does not decode in another pool'
}

/** The first key of a pool's memory that ONNX Runtime in Node does not have or cannot set. */
function memoryProblem({ memory, execution_provider: provider }: Pool): string | null {
  if (memory === undefined) return null
  const { allocator } = executionProviders[provider]
  if (memory.allocator !== allocator) {
    return `memory.allocator: ONNX Runtime on ${provider} has ${allocator}, got ${memory.allocator}`
  }
  if (memory.allocator === 'bfc' && memory.extend === 'same-as-requested') {
    return 'memory.extend: ONNX Runtime in Node has no option for the growth of its arena'
  }
  const remedies = 'out_of_memory' in memory ? (memory.out_of_memory ?? []) : []
  const vain = remedies.find((remedy) => remedy !== 'split')
  if (vain === undefined) return null
  return `memory.out_of_memory: remove ${vain}: a replay can only split a batch that ran out of memory`
}

/** Throws `Failure` where a server hides what `needed` is judged by. */
export function refuseServers(sides: readonly Prepared[], needed: string): void {
  for (const { scenario, file } of sides) {
    const pool = scenario.pools.find(isServed)
    if (pool === undefined) continue
    const text = `${needed} needs the times of batches, which a server hides`
    throw new Failure(`${file} pools.${pool.name}.target.role: ${text}; run and replay support it`)
  }
}

/** Throws `Failure` where a server would have to be calibrated that generates. */
export function refuseCompletions(sides: readonly Prepared[]): void {
  for (const { scenario, file } of sides) {
    const pool = scenario.pools.find(isStreamed)
    if (pool === undefined) continue
    const text = 'calibrate does not measure servers of openai yet'
    const remedy = 'state the work of its model by law generation; simulate and replay support it'
    throw new Failure(`${file} pools.${pool.name}.target.kind: ${text}; ${remedy}`)
  }
}

/** Throws `Failure` where two runs cannot be compared request by request. */
export function refuseComparison(sides: readonly Prepared[]): void {
  for (const side of sides) {
    const supported = 'simulate, replay and audit support it'
    refuseReacting(side, `so no two runs have the same requests; ${supported}`)
    if (side.scenario.failures !== undefined) {
      const text = 'what is lost to failures is not compared yet'
      throw new Failure(`${side.file} failures: ${text}; ${supported}`)
    }
    const network = (['places', 'link'] as const).find((key) => side.scenario[key] !== undefined)
    if (network !== undefined) {
      const text = 'what networks add is not compared yet'
      throw new Failure(`${side.file} ${network}: ${text}; ${supported}`)
    }
    // rows hold only the parts of a request
    const wide = side.scenario.traffic.find(({ fan_out }) => fan_out > 1)
    if (wide === undefined) continue
    const text = `parts of a request are not compared yet; ${supported}`
    throw new Failure(`${side.file} traffic.${wide.class}.fan_out: ${text}`)
  }
}

/**
 * Throws `Failure` where two sides of a run name one model by a path at which each has another
 * file: what the run keeps names models by their paths, and could not tell the two apart.
 */
export function refuseChangedFiles(sides: readonly Prepared[]): void {
  const contentByKey = new Map<string, string>()
  for (const { scenario, file, contents } of sides) {
    for (const [i, pool] of scenario.pools.entries()) {
      const content = contents[i]
      if (typeof content !== 'string') continue
      const key = modelKey(scenario, pool)
      if ((contentByKey.get(key) ?? content) !== content) {
        const text = `${modelLabel(scenario, pool)} is another file on each side, at the same path`
        const remedy = 'name one by another path; gate --measured supports it'
        throw new Failure(`${file} pools.${pool.name}: ${text}; ${remedy}`, EXIT.notComparable)
      }
      contentByKey.set(key, content)
    }
  }
}
