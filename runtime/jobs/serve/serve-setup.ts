import { Failure } from '../../../scenarios/index.ts'
import { topologyOf } from '../../../sim/serving/index.ts'
import type { EngineOptions } from '../../live/engine.ts'
import type { ModelSetup, PoolSetup, ServeSetup } from '../../serve/serve-setup.ts'
import type { ServedClass, ServedDecoder } from '../../serve/served-model.ts'
import type { System } from '../prepare.ts'

/** What each pool's executors open. */
type Engines = readonly Pick<EngineOptions, 'file' | 'generation'>[]

/**
 * What a server needs of a scenario: its models under their names, each with the classes that its
 * pools serve. `engines`: of each pool. Throws `Failure` where a client could not name its wish.
 */
export function serveSetup(
  system: Pick<System, 'scenario' | 'file' | 'plan' | 'lengths'>,
  engines: Engines,
  maxRequests: number,
): ServeSetup {
  const { scenario, plan, lengths } = system
  const generates = (name: string) =>
    scenario.pools.some(({ model, generation }) => model === name && generation !== undefined)
  const all = [...new Set(scenario.pools.map(({ model }) => model))]
  const names = [...all.filter((name) => !generates(name)), ...all.filter(generates)]
  const ofPools = names.map((name) => ({ name, ...poolsOf(name, system) }))
  const models = ofPools.flatMap((of) =>
    generates(of.name) ? [] : modelSetup(of, system, engines),
  )
  const decoders = ofPools.flatMap((of) => (generates(of.name) ? decoderSetup(of, engines) : []))
  const pools = scenario.pools.map(({ model }, i): PoolSetup => {
    const number = names.indexOf(model)
    const padded = (length: number) =>
      Math.ceil(length / plan.pools[i]!.padTo) * plan.pools[i]!.padTo
    if (number >= models.length) return { model: number, lengths: null }
    const { maxLength } = models[number]!
    return { model: number, lengths: [padded(maxLength), padded(lengths[i]!.min)] }
  })
  const classes = scenario.traffic.map((traffic) => traffic.class)
  return { models, decoders, pools, classes, maxRequests }
}

interface ModelPools {
  readonly name: string
  /** numbers of its pools */
  readonly numbers: readonly number[]
  readonly classes: readonly ServedClass[]
}

/** The most tokens of a sequence in all pools of a model. */
function decoderSetup({ name, numbers, classes }: ModelPools, engines: Engines): ServedDecoder {
  const each = numbers.map((pool) => engines[pool]!.generation!)
  const contexts = each.map(({ context, cache }) =>
    Math.min(context, cache.blocks * cache.blockTokens),
  )
  return { name, classes, vocabulary: each[0]!.vocabulary, context: Math.min(...contexts) }
}

function modelSetup(
  { name, numbers, classes }: ModelPools,
  { file, lengths }: Parameters<typeof serveSetup>[0],
  engines: Engines,
): ModelSetup {
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
  const maxLength = Math.max(...numbers.map((pool) => lengths[pool]!.max))
  return { name, inputs, maxLength, classes }
}

/** Throws `Failure` where a client could not name what it wants. */
function poolsOf(
  name: string,
  { scenario, file, plan }: Parameters<typeof serveSetup>[0],
): Pick<ModelPools, 'numbers' | 'classes'> {
  const { classPools } = topologyOf(plan)
  const numbers = scenario.pools.flatMap(({ model }, i) => (model === name ? i : []))
  const classes = scenario.traffic.flatMap((traffic, number) => {
    const pools = classPools[number]!
    if (!pools.some((pool) => numbers.includes(pool))) return []
    if (pools.every((pool) => numbers.includes(pool))) return { name: traffic.class, number }
    const text = 'pools of several models serve it; add `model`, as clients name a model'
    throw new Failure(`${file} traffic.${traffic.class}: ${text}`)
  })
  return { numbers, classes }
}
