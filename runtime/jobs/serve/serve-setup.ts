import { Failure } from '../../../scenarios/index.ts'
import { topologyOf } from '../../../sim/serving/index.ts'
import type { EngineOptions } from '../../live/engine.ts'
import type { ModelSetup, ServeSetup } from '../../serve/serve-setup.ts'
import type { System } from '../prepare.ts'

/**
 * What a server needs of a scenario: its models under their names, each with the classes that its
 * pools serve. `engines`: of each pool. Throws `Failure` where a client could not name its wish.
 */
export function serveSetup(
  system: Pick<System, 'scenario' | 'file' | 'plan' | 'lengths'>,
  engines: readonly Pick<EngineOptions, 'file'>[],
  maxRequests: number,
): ServeSetup {
  const { scenario, plan, lengths } = system
  const names = [...new Set(scenario.pools.map(({ model }) => model))]
  const models = names.map((name) => modelSetup(name, system, engines))
  const pools = scenario.pools.map(({ model }, i) => {
    const number = names.indexOf(model)
    const padded = (length: number) =>
      Math.ceil(length / plan.pools[i]!.padTo) * plan.pools[i]!.padTo
    const { maxLength } = models[number]!
    return { model: number, lengths: [padded(maxLength), padded(lengths[i]!.min)] as const }
  })
  const classes = scenario.traffic.map((traffic) => traffic.class)
  return { models, pools, classes, maxRequests }
}

function modelSetup(
  name: string,
  { scenario, file, plan, lengths }: Parameters<typeof serveSetup>[0],
  engines: readonly Pick<EngineOptions, 'file'>[],
): ModelSetup {
  const { classPools } = topologyOf(plan)
  const numbers = scenario.pools.flatMap(({ model }, i) => (model === name ? i : []))
  const { inputs } = engines[numbers[0]!]!.file
  for (const pool of numbers) {
    if (JSON.stringify(engines[pool]!.file.inputs) === JSON.stringify(inputs)) continue
    throw new Failure(`${file} models.${name}: its pools have other inputs, so none is served`)
  }
  const whole = inputs.find(({ shape }) => !shape.includes('batch'))
  if (whole !== undefined) {
    const text = 'its shape has no batch, so requests cannot have one each; replay supports it'
    throw new Failure(`${file} models.${name}.inputs.${whole.name}: ${text}`)
  }
  const classes = scenario.traffic.flatMap((traffic, number) => {
    const pools = classPools[number]!
    if (!pools.some((pool) => numbers.includes(pool))) return []
    if (pools.every((pool) => numbers.includes(pool))) return { name: traffic.class, number }
    const text = 'pools of several models serve it; add `model`, as clients name a model'
    throw new Failure(`${file} traffic.${traffic.class}: ${text}`)
  })
  if (classes.length === 0) {
    throw new Failure(`${file} models.${name}: no class of traffic is for it, so none is served`)
  }
  const maxLength = Math.max(...numbers.map((pool) => lengths[pool]!.max))
  return { name, inputs, maxLength, classes }
}
