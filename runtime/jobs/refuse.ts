import { Failure } from '../../scenarios/index.ts'
import { reactingClasses } from '../../sim/traffic/index.ts'
import { executionProviders } from '../models/index.ts'
import type { Prepared } from './prepare.ts'

/** Throws `Failure` where what clients send depends on how their requests end. */
export function refuseReacting({ scenario, file }: Prepared, why: string): void {
  const [name] = reactingClasses(scenario)
  if (name === undefined) return
  const text = 'what its clients send depends on how their requests end'
  throw new Failure(`${file} traffic.${name}: ${text}, ${why}`)
}

/** Throws `Failure` where a pool's work is declared. */
function refuseDeclared(sides: readonly Prepared[]): void {
  for (const { scenario, file } of sides) {
    const pool = scenario.pools.find(({ model }) => 'work' in scenario.models[model]!)
    if (pool === undefined) continue
    const text = `${pool.model} is declared work, which only a simulation can run`
    throw new Failure(`${file} pools.${pool.name}.model: ${text}`)
  }
}

/** Throws `Failure` where a replay cannot run a scenario, before anything is opened or measured. */
export function refuseLive(sides: readonly Prepared[]): void {
  refuseDeclared(sides)
  refuseMemory(sides)
}

/**
 * Throws `Failure` where a pool's memory is not what ONNX Runtime in Node has, or cannot be set.
 */
function refuseMemory(sides: readonly Prepared[]): void {
  for (const { scenario, file } of sides) {
    for (const { name, memory, execution_provider: provider } of scenario.pools) {
      if (memory === undefined) continue
      const own = executionProviders[provider].allocator
      const at = `${file} pools.${name}.memory`
      if (memory.allocator !== own) {
        const text = `expected ${own}, which ONNX Runtime has on ${provider}`
        throw new Failure(
          `${at}.allocator: ${text}, got ${memory.allocator}; simulate does take it`,
        )
      }
      if (memory.allocator === 'bfc' && memory.extend === 'same-as-requested') {
        const text = 'ONNX Runtime in Node cannot be told how its arena grows'
        throw new Failure(`${at}.extend: ${text}; simulate does take it`)
      }
      const remedies = 'out_of_memory' in memory ? (memory.out_of_memory ?? []) : []
      const vain = remedies.find((remedy) => remedy !== 'split')
      if (vain !== undefined) {
        const text = 'split is all that a replay can do about a batch that ran out of memory'
        throw new Failure(`${at}.out_of_memory: ${text}, got ${vain}; simulate does take it`)
      }
    }
  }
}

/** Comparisons hold two worlds against one another that were given the same requests. */
export function refuseComparison(sides: readonly Prepared[]): void {
  for (const side of sides) {
    refuseReacting(side, 'so no two runs have the same; simulate, replay and audit do take it')
    refuseParts(side)
  }
}

/** Checks of a comparison need whole requests, and rows hold only their parts. */
function refuseParts({ scenario, file }: Prepared): void {
  const wide = scenario.traffic.find(({ fan_out }) => fan_out > 1)
  if (wide === undefined) return
  const text = 'parts of a request are not compared yet; simulate, replay and audit do take it'
  throw new Failure(`${file} traffic.${wide.class}.fan_out: ${text}`)
}
