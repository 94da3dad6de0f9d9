import type * as z from 'zod'
import { describeValue } from '../parse/describe-value.ts'
import {
  liesOn,
  type Node,
  nodeAt,
  type Path,
  type Problem,
  placeOf,
  plainOf,
} from '../parse/located.ts'
import { type Objective, parseObjective } from '../schema/objective.ts'
import {
  type Arrivals,
  type Device,
  type Failure,
  type Model,
  type Network,
  type Pool,
  poolSchema,
  type Scenario,
  scenarioSchema,
  type TrafficClass,
} from '../schema/schema.ts'
import { trafficClass } from '../schema/schema-traffic.ts'
import type { Tuned } from '../schema/schema-tuning.ts'
import { isMap } from '../schema/schema-walk.ts'
import { takesLength } from '../schema/takes-length.ts'
import { hasColumns, leavesToGuess } from '../schema/trace-columns.ts'

/** Keys of a class and of a pool that are parsed separately. */
type ClassKey = Exclude<keyof TrafficClass, 'class' | 'model' | 'tenant' | 'deadline_ms'>
type PoolKey = Exclude<keyof Pool, 'name' | 'model'>

/** Values under these keys; null if there is none or if it is invalid. */
type Parts<T, K extends keyof T> = { readonly [P in K]-?: NonNullable<T[P]> | null }

export interface ClassDraft extends Parts<TrafficClass, ClassKey> {
  readonly path: Path
  readonly name: string | null
  /** name of the class's model; also null if it names none */
  readonly model: string | null
  readonly tenant: string | null
  /** deadline_ms, or else a fixed timeout_ms; undefined if there is none */
  readonly deadlineMs: number | undefined | null
}

export interface PoolDraft extends Parts<Pool, PoolKey> {
  readonly path: Path
  readonly name: string | null
  readonly model: string | null
  /** name of the pool that decodes what this one has prefilled; null where it decodes itself */
  readonly handOver: string | null
}

/**
 * A scenario with possibly invalid parts, and the problems that checks find in it. Each part is
 * parsed separately, so that one invalid value does not hide problems between others. An invalid
 * part is null.
 */
export class Draft {
  readonly problems: Problem[] = []
  readonly durationS: number | null
  readonly warmupS: number | null
  readonly models: ReadonlyMap<string, Model | null>
  readonly classes: readonly ClassDraft[]
  readonly pools: readonly PoolDraft[]
  /** names of the pools that receive KV transfers */
  readonly decodePools: readonly string[]
  readonly devices: readonly (Device | null)[]
  /** names of the racks and of the cards, where readable */
  readonly racks: readonly string[]
  /** °C of the air that a rack is supplied with, by its name, where readable */
  readonly rackAir: ReadonlyMap<string, number>
  readonly failures: readonly (Failure | null)[]
  readonly tuning: readonly (Tuned | null)[]
  readonly cards: readonly string[]
  /** also null if there is none */
  readonly link: NonNullable<Scenario['link']> | null
  /** names of places, where readable; null where the scenario has none */
  readonly places: readonly string[] | null
  readonly networks: readonly (Network | null)[]
  readonly router: Scenario['router'] | null
  /** also null if there is none */
  readonly budget: NonNullable<Scenario['budget']> | null
  /** objectives of each class, where readable */
  readonly slo: ReadonlyMap<string, readonly (Objective | null)[]>
  /** whether the length of requests has no effect in any pool */
  readonly lengthless: boolean
  readonly #root: Node

  constructor(root: Node) {
    const top = mapOf(plainOf(root))
    const items = Object.entries(mapOf(top.models))
    this.#root = root
    const { shape } = scenarioSchema.unwrap()
    this.durationS = part(shape.duration_s, top.duration_s)
    this.warmupS = part(shape.warmup_s, top.warmup_s)
    this.models = new Map(items.map(([key, item]) => [key, part(shape.models.valueType, item)]))
    this.pools = listOf(top.pools).map((item, i) => poolDraft(item, ['pools', i]))
    this.decodePools = this.pools.flatMap(({ handOver }) => handOver ?? [])
    const used = this.pools.map((pool) => this.modelOf(pool))
    this.lengthless = used.length > 0 && used.every((model) => model && !takesLength(model))
    this.classes = listOf(top.traffic).map((item, i) =>
      classDraft(item, ['traffic', i], this.lengthless),
    )
    this.devices = listOf(top.devices).map((item) => part(shape.devices.unwrap().element, item))
    const failure = shape.failures.unwrap().element
    this.failures = listOf(top.failures).map((item) => part(failure, item))
    const tuned = shape.tuning.unwrap().element
    this.tuning = listOf(top.tuning).map((item) => part(tuned, item))
    this.racks = namesOf(top.racks)
    this.rackAir = new Map(
      listOf(top.racks).flatMap((item) => {
        const { name: rack, supply_c: air } = mapOf(item)
        return typeof rack === 'string' && typeof air === 'number' ? [[rack, air] as const] : []
      }),
    )
    this.cards = namesOf(top.cards)
    this.link = part(shape.link, top.link) ?? null
    this.places = top.places === undefined ? null : namesOf(top.places)
    const network = shape.networks.unwrap().element
    this.networks = listOf(top.networks).map((item) => part(network, item))
    this.router = part(shape.router, top.router)
    this.budget = part(shape.budget, top.budget) ?? null
    const slo = Object.entries(mapOf(top.slo))
    this.slo = new Map(
      slo.map(([key, texts]) => [key, listOf(texts).map((text) => parseObjective(`${text}`))]),
    )
  }

  /** The model of a pool; null if it is unknown. */
  modelOf({ model }: PoolDraft): Model | null {
    return model === null ? null : (this.models.get(model) ?? null)
  }

  /** The classes that a pool may serve: those of its model, and those that name none. */
  classesOf(pool: PoolDraft): readonly ClassDraft[] {
    return this.classes.filter(({ model }) => model === null || model === pool.model)
  }

  /** The pools that may serve a class. */
  poolsOf({ model }: ClassDraft): readonly PoolDraft[] {
    return this.pools.filter((pool) => model === null || pool.model === model)
  }

  /** The device that a pool names; null if it names none, or an unknown one. */
  deviceOf({ memory }: PoolDraft): Device | null {
    if (memory?.device === undefined) return null
    return this.devices.find((device) => device?.name === memory.device) ?? null
  }

  generates({ path }: PoolDraft): boolean {
    return this.has([...path, 'generation'])
  }

  /** The value that the scenario states there; undefined where it leaves it to a default. */
  stated(path: Path): unknown {
    const node = nodeAt(this.#root, path)
    return node && plainOf(node)
  }

  has(path: Path): boolean {
    return nodeAt(this.#root, path) !== undefined
  }

  /** The key of a map that was written last: an override before the file that it overrides. */
  latest(path: Path, keys: readonly string[]): { key: string; overrides: boolean } {
    const placed = keys.map((key) => ({ key, place: placeOf(this.#root, [...path, key], 'key') }))
    const top = placed.filter(({ place }) => !placed.some((upper) => liesOn(upper.place, place)))
    const last = top.reduce((a, b) => (a.place.rank > b.place.rank ? a : b))
    return { key: last.key, overrides: top.length < placed.length }
  }

  /** Reports `expected EXPECTED, got GOT`; without `got` the value that the scenario states. */
  refuse(path: Path, expected: string, got = describeValue(this.stated(path))): void {
    this.problems.push({ at: 'value', path, text: `expected ${expected}, got ${got}` })
  }

  /** The same for a key in place of its value. */
  refuseKey(path: Path, expected: string, got = describeValue(path.at(-1))): void {
    this.problems.push({ at: 'key', path, text: `expected ${expected}, got ${got}` })
  }

  /** Reports `remove KEY: REASON` if the scenario states the key, or the entry of a list. */
  unused(path: Path, reason: string): void {
    if (!this.has(path)) return
    const step = path.at(-1)!
    const unused = typeof step === 'string'
    const text = `remove ${unused ? step : describeValue(this.stated(path))}: ${reason}`
    this.problems.push({ at: unused ? 'key' : 'value', path, text, unused })
  }
}

function classDraft(item: unknown, path: Path, lengthless: boolean): ClassDraft {
  const keys = mapOf(item)
  const { shape } = trafficClass.unwrap()
  const parts = partsOf<TrafficClass, ClassKey>(shape, keys)
  const traced = keys.input_tokens === undefined && !lengthless && bringsLengths(parts.arrivals)
  const ofAll = typeof keys.timeout_ms === 'number' ? keys.timeout_ms : undefined
  return {
    ...parts,
    path,
    name: textOf(keys.class),
    model: textOf(keys.model),
    tenant: textOf(keys.tenant),
    input_tokens: traced ? { distribution: 'trace' } : parts.input_tokens,
    deadlineMs: part(shape.deadline_ms, keys.deadline_ms ?? ofAll),
  }
}

/** Whether the rows of a trace have lengths of inputs or outputs. */
export function bringsLengths(
  arrivals: Arrivals | null,
  column: 'input_tokens' | 'output_tokens' = 'input_tokens',
): boolean {
  if (arrivals?.process !== 'trace') return false
  return leavesToGuess(arrivals) || hasColumns(arrivals) || arrivals.columns?.[column] !== undefined
}

function poolDraft(item: unknown, path: Path): PoolDraft {
  const keys = mapOf(item)
  const parts = partsOf<Pool, PoolKey>(poolSchema.unwrap().shape, keys)
  const { generation, scaling } = parts
  const continuous = generation?.policy === 'continuous' ? generation : null
  const handOver = continuous?.hand_over?.pool ?? null
  const named = { ...parts, path, name: textOf(keys.name), model: textOf(keys.model), handOver }
  return scaling === null ? named : { ...named, replicas: scaling.max }
}

function partsOf<T, K extends keyof T & string>(
  schemas: Readonly<Record<K, z.ZodType>>,
  keys: Readonly<Record<string, unknown>>,
): Parts<T, K> {
  const parts = Object.entries<z.ZodType>(schemas).map(([key, schema]) => [
    key,
    part(schema, keys[key]) ?? null,
  ])
  return Object.fromEntries(parts) as Parts<T, K>
}

function part<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> | null {
  const parsed = schema.safeParse(value)
  return parsed.success ? parsed.data : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function namesOf(value: unknown): string[] {
  return listOf(value).flatMap((item) => textOf(mapOf(item).name) ?? [])
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : {}
}
