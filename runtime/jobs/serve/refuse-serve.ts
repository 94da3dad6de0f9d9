import { Failure, type Pool, type TrafficClass } from '../../../scenarios/index.ts'
import { executionProviders } from '../../models/index.ts'
import type { Prepared } from '../prepare.ts'
import { refuseLive } from '../refuse.ts'

/** Throws `Failure` where a scenario cannot serve clients, before anything is opened. */
export function refuseServe(prepared: Pick<Prepared, 'scenario' | 'file'>): void {
  refuseLive([prepared])
  const { scenario, file } = prepared
  const refuse = (path: string, text: string) => {
    throw new Failure(`${file} ${path}: ${text}; replay supports it`)
  }
  if (scenario.failures !== undefined) refuse('failures', 'remove it: a server has none on purpose')
  for (const key of ['link', 'places', 'networks'] as const) {
    if (scenario[key] !== undefined) refuse(key, 'remove it: clients have networks of their own')
  }
  for (const pool of scenario.pools) {
    const problem = poolProblem(pool)
    if (problem !== null) refuse(`pools.${pool.name}.${problem[0]}`, problem[1])
  }
  for (const traffic of scenario.traffic) {
    const problem = classProblem(traffic)
    if (problem !== null) refuse(`traffic.${traffic.class}.${problem[0]}`, problem[1])
  }
}

type Problem = readonly [key: string, text: string] | null

function poolProblem(pool: Pool): Problem {
  if (pool.generation?.kv_cache?.prefix_cache === true) {
    const text = 'remove it: serve does not compare the prompts of clients yet'
    return ['generation.kv_cache.prefix_cache', text]
  }
  if (pool.target !== undefined) return ['target', 'remove it: serve runs batches itself']
  if (executionProviders[pool.execution_provider].apart) {
    return ['execution_provider', `serve runs on cpu only yet, got ${pool.execution_provider}`]
  }
  if (pool.retry_policy === undefined) return null
  return ['retry_policy', 'remove it: serve does not send requests again yet']
}

function classProblem({ fan_out, hedge }: TrafficClass): Problem {
  if (fan_out > 1) return ['fan_out', 'remove it: serve does not divide requests yet']
  return hedge === undefined ? null : ['hedge', 'remove it: serve does not copy requests yet']
}
