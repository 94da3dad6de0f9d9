import * as z from 'zod'
import { acceleratorSchema, pricing } from './schema-accelerator.ts'
import { admission } from './schema-admission.ts'
import { batching } from './schema-batching.ts'
import { budget } from './schema-budget.ts'
import { card } from './schema-card.ts'
import { ejection } from './schema-ejection.ts'
import { failure } from './schema-failures.ts'
import { engine } from './schema-fitted.ts'
import { generation } from './schema-generation.ts'
import { device, type modelMemory, type PoolMemory, poolMemory } from './schema-memory.ts'
import { model } from './schema-models.ts'
import { objectives } from './schema-objectives.ts'
import { precision } from './schema-onnx.ts'
import { link, network, place } from './schema-places.ts'
import { carbon, heat, power, rack } from './schema-power.ts'
import { queue } from './schema-queue.ts'
import { circuitBreakers, retryPolicy } from './schema-retries.ts'
import { router } from './schema-routing.ts'
import { scaling } from './schema-scaling.ts'
import { target } from './schema-target.ts'
import {
  type Duration,
  type RatedArrivals,
  type TraceProcess,
  trafficClass,
} from './schema-traffic.ts'
import { tuning } from './schema-tuning.ts'
import { uncertain } from './schema-uncertain.ts'
import { count, lazy, name, nonNegative, positive, seed, share } from './schema-values.ts'
import type { work } from './schema-work.ts'

export { allocators, type BatchMemory, servesBatches } from './schema-memory.ts'
export { type TensorType, tensorTypes } from './schema-onnx.ts'
export { routing } from './schema-routing.ts'
export type { Duration, PoolMemory, RatedArrivals, TraceProcess }

/** The scenario format, version 1. Units are last in keys; rules on several values: checks/. */

export const poolSchema = lazy(() =>
  z
    .strictObject({
      name: name.describe('The name of the pool, for results, `hand_over` and `--set`.'),
      place: name
        .optional()
        .describe('The place of the pool, one of `places`; needed where there are places.')
        .meta({ examples: ['centre'] }),
      accelerator: z
        .union([z.string().min(1).max(1000), acceleratorSchema])
        .default('local')
        .describe(
          'The accelerator of each replica: `local` is this machine, whose times are calibrated. ' +
            'Any other is simulated only: the name of one in the catalogue (`spillway ' +
            'accelerators`), or the path of a file of your own, relative to the scenario.',
        )
        .meta({ examples: ['h100-sxm'] }),
      tensor_parallel: count
        .max(64)
        .optional()
        .describe(
          'The number of accelerators of each replica, among which each layer of a transformer is ' +
            'divided; without it, one.',
        )
        .meta({ examples: [4] }),
      partition: share
        .min(0.01)
        .optional()
        .describe(
          'The share of an accelerator that each replica has, as an instance of MIG: of its ' +
            'arithmetic, bandwidth, memory, power and price. Without it, the whole.',
        )
        .meta({ examples: [0.25] }),
      card: name
        .optional()
        .describe(
          'The entry of `cards` on which all replicas of the pool run, in turns with those of other ' +
            'pools. Each has its share of the idle power and of the catalogue price of the card. ' +
            'Without it, each replica has accelerators of its own.',
        )
        .meta({ examples: ['gpu-0'] }),
      power: power.optional(),
      heat: heat.optional(),
      execution_provider: z
        .enum(['cpu', 'webgpu', 'cuda'])
        .default('cpu')
        .describe(
          'The execution provider of ONNX Runtime on which calibrations and replays run the model. ' +
            'It has no effect on declared work.',
        ),
      threads: count
        .max(1024)
        .default(1)
        .describe(
          'The number of intra-op threads of each replica in calibrations and replays; another ' +
            'number needs a calibration of its own. It has no effect on declared work.',
        ),
      replicas: count
        .max(1024)
        .default(1)
        .describe('The number of executors, each with its own copy of the model.'),
      price_usd_per_hour: nonNegative
        .optional()
        .describe(
          'The price of one replica in US dollars an hour; without it, the lowest price of its ' +
            'accelerators by `pricing`, if the catalogue has one. If every pool has a price, results ' +
            'state the cost of an hour, of a million served requests and of a million tokens.',
        ),
      pricing: pricing
        .optional()
        .describe(
          'How the accelerators are rented, for the price in the catalogue: `on-demand`, ' +
            '`reserved` or `spot`. Without it, on demand.',
        )
        .meta({ examples: ['spot'] }),
      model: name.describe('The name of the entry of `models` that the replicas run.'),
      precision: z
        .enum([...precision.options, 'tf32', 'fp8', 'int4'])
        .default('fp32')
        .describe(
          'The precision at which the model runs. An ONNX model needs a file for any other than ' +
            'fp32; of declared work it sets the bytes of each weight. tf32, fp8 and int4 (weights ' +
            'only, computed at fp16) are for transformers on an accelerator of the catalogue. For ' +
            'bf16 write fp16, which has as many bits and the same peak.',
        ),
      engine: engine
        .optional()
        .describe(
          'The software that runs the model, in words of your own. It has no effect on times; a fit ' +
            'that states another `engine` is marked as transferred.',
        )
        .meta({ examples: ['vLLM 0.19'] }),
      target: target.optional(),
      speed: z
        .enum(['profile', 'ideal'])
        .default('profile')
        .describe(
          'How fast a simulated machine is: `profile` has the variation, overheads and stalls that ' +
            'were measured, `ideal` has none, as declared work always has.',
        ),
      admission: admission
        .prefault({})
        .describe(
          'Controls that may refuse a request on arrival, in a fixed order: priority, deadline, ' +
            'concurrency, `max_length` of the queue, token bucket. `retry_pushback_ms` goes with each ' +
            'refusal.',
        ),
      queue: queue
        .prefault({})
        .describe('Where requests wait for an executor: in which order, how many and how long.'),
      outlier_detection: ejection.optional().meta({ examples: [{ policy: 'envoy-outlier' }] }),
      batching: batching
        .default({ policy: 'none' })
        .describe(
          'When waiting requests are dispatched as one batch; `generation` replaces it where the ' +
            'model generates.',
        ),
      generation: generation.optional(),
      memory: poolMemory.optional(),
      scaling: scaling
        .optional()
        .describe('How the number of replicas follows the load; it takes the place of `replicas`.'),
      retry_policy: retryPolicy.optional(),
      circuit_breakers: circuitBreakers.optional(),
    })
    .describe('A pool: replicas of one model that share a queue, or have a queue each.'),
)

export const scenarioSchema = lazy(() =>
  z.strictObject({
    $schema: z
      .string()
      .optional()
      .describe('The place of this JSON Schema, for editors; Spillway ignores it.'),
    spillway: z.literal(1).describe('The version of the scenario format, which is 1.'),
    name: name.describe('The name of the scenario; results of `spillway run` go to runs/NAME.'),
    description: z
      .string()
      .max(10_000)
      .default('')
      .describe('Free text on the purpose of the scenario, printed with results.'),
    extends: z
      .string()
      .optional()
      .describe(
        'A scenario file, relative to this one, or the name of a shipped scenario, into which this ' +
          'file is merged key by key. Pools are matched by `name`, classes by `class`, and null ' +
          'removes a key.',
      ),
    seed: seed
      .default(1)
      .describe(
        'The seed of all random draws: the same seed gives the same requests, another one a ' +
          'different sample of them.',
      ),
    duration_s: positive
      .max(1e7)
      .describe(
        'The length of the traffic: nothing is sent from this time on, and the requests in the ' +
          'system are served to the end.',
      ),
    warmup_s: nonNegative
      .default(0)
      .describe(
        'Requests that arrive before this time are served but not counted; less than `duration_s`.',
      ),
    models: z.record(name, model).describe('The models by their names, which pools refer to.'),
    traffic: z
      .array(trafficClass)
      .min(1)
      .max(250)
      .describe('The classes of requests, each with its own arrivals.'),
    slo: z
      .record(name, objectives)
      .default({})
      .describe(
        'The objectives by class. Goodput counts the requests that meet every limit of their class.',
      ),
    pools: z
      .array(poolSchema)
      .min(1)
      .max(250)
      .describe('The pools that serve the requests; the router chooses one for each request.'),
    devices: z
      .array(device)
      .max(250)
      .default([])
      .describe('Memories that replicas share, each used by a pool with `memory.device`.'),
    cards: z
      .array(card)
      .max(250)
      .optional()
      .describe(
        'Single accelerators that replicas share by time slicing, named by `card` of pools.',
      ),
    racks: z
      .array(rack)
      .max(250)
      .optional()
      .describe(
        'Racks, in which the accelerators of pools with `heat.rack` share their inlet air.',
      ),
    carbon: carbon.optional(),
    failures: z
      .array(failure)
      .min(1)
      .max(1000)
      .optional()
      .describe('What happens to replicas: crashes, stragglers, grey failures and deployments.'),
    link: link.optional(),
    places: z
      .array(place)
      .min(1)
      .max(250)
      .optional()
      .describe('The places at which classes of requests originate and pools are.'),
    networks: z
      .array(network)
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'The networks between places. Each class needs one to the place of each of its pools.',
      ),
    router: router
      .prefault({})
      .describe('What chooses a pool for each request among those that may serve its class.'),
    budget: budget.optional(),
    tuning,
    uncertain,
    variants: z
      .record(
        name,
        z
          .record(z.string(), z.unknown().describe('The value that the variant has at this path.'))
          .describe('The values that a variant changes, by their paths; `{}` changes nothing.'),
      )
      .optional()
      .describe(
        'Named changes of the scenario that `spillway variants` compares, by paths as in `--set`. ' +
          'They are no part of its content hash.',
      ),
  }),
)

export type Scenario = z.infer<typeof scenarioSchema>
export type Model = Scenario['models'][string]
export type TrafficClass = Scenario['traffic'][number]
export type Arrivals = TrafficClass['arrivals']
export type Lengths = TrafficClass['input_tokens']
export type Pool = Scenario['pools'][number]
export type Batching = Pool['batching']
export type Generation = NonNullable<Pool['generation']>
export type Work = z.infer<typeof work>
/** A model whose times are declared. */
export type DeclaredModel = Extract<Scenario['models'][string], { readonly work: unknown }>
export type ModelMemory = z.infer<typeof modelMemory>
export type Device = z.infer<typeof device>
export type Precision = Pool['precision']
export type Failure = NonNullable<Scenario['failures']>[number]
export type Network = NonNullable<Scenario['networks']>[number]
export type Router = Scenario['router']
export type Routing = Router['policy']

/** The processes of a sum, or the process itself. */
export function arrivalParts(arrivals: Arrivals): readonly Exclude<Arrivals, { process: 'sum' }>[] {
  return arrivals.process === 'sum' ? arrivals.of : [arrivals]
}
