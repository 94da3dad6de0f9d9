import type { z } from 'zod'
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
  type Model,
  type Pool,
  type Scenario,
  scenarioSchema,
  type TrafficClass,
} from '../schema/schema.ts'
import { isMap } from '../schema/schema-walk.ts'
import { takesLength } from '../schema/takes-length.ts'

/**
 * A scenario with possibly invalid parts. Each part is parsed separately, so that one invalid value
 * does not hide problems between others. An invalid part is null.
 */
export interface Draft {
  readonly durationS: number | null
  readonly warmupS: number | null
  readonly models: ReadonlyMap<string, Model | null>
  readonly classes: readonly ClassDraft[]
  readonly pools: readonly PoolDraft[]
  readonly devices: readonly (Device | null)[]
  /** also null if there is none */
  readonly link: NonNullable<Scenario['link']> | null
  /** objectives of each class, where readable */
  readonly slo: ReadonlyMap<string, readonly (Objective | null)[]>
  /** the value that the scenario states there; undefined where it does not, default or not */
  readonly stated: (path: Path) => unknown
  readonly has: (path: Path) => boolean
  /** the key of a map that was written last: an override before the file that it overrides */
  readonly latest: (path: Path, keys: readonly string[]) => { key: string; overrides: boolean }
}

/** Keys of a class, also null if there is none. */
const CLASS_KEYS = [
  'arrivals',
  'input_tokens',
  'output_tokens',
  'length_schedule',
  'shared_prefix_tokens',
  'fan_out',
  'timeout_ms',
  'session',
  'priority',
  'weight',
] as const

export interface ClassDraft extends Parts<TrafficClass, (typeof CLASS_KEYS)[number]> {
  readonly path: Path
  readonly name: string | null
  /** name of the class's model; also null if it names none */
  readonly model: string | null
  readonly tenant: string | null
  /** deadline_ms, or else a fixed timeout_ms; undefined if there is none */
  readonly deadlineMs: number | undefined | null
}

const POOL_KEYS = [
  'precision',
  'queue',
  'admission',
  'batching',
  'generation',
  'memory',
  'replicas',
] as const

export interface PoolDraft extends Parts<Pool, (typeof POOL_KEYS)[number]> {
  readonly path: Path
  readonly name: string | null
  readonly model: string | null
}

type Parts<T, K extends keyof T> = { readonly [P in K]-?: NonNullable<T[P]> | null }

/** Collects problems at paths of a draft. */
export class Report {
  readonly problems: Problem[] = []
  readonly #draft: Draft

  constructor(draft: Draft) {
    this.#draft = draft
  }

  /** `expected EXPECTED, got GOT`; without `got` the value as stated. */
  value(path: Path, expected: string, got = describeValue(this.#draft.stated(path))): void {
    this.problems.push({ at: 'value', path, text: `expected ${expected}, got ${got}` })
  }

  /** The same for a key in place of its value. */
  key(path: Path, expected: string, got = describeValue(path.at(-1))): void {
    this.problems.push({ at: 'key', path, text: `expected ${expected}, got ${got}` })
  }

  /** `remove KEY: REASON`, where the scenario states the key or the entry of a list. */
  remove(path: Path, reason: string): void {
    const value = this.#draft.stated(path)
    if (value === undefined) return
    const step = path.at(-1)!
    if (typeof step === 'string') {
      this.problems.push({ at: 'key', path, text: `remove ${step}: ${reason}`, unused: true })
    } else {
      this.problems.push({ at: 'value', path, text: `remove ${describeValue(value)}: ${reason}` })
    }
  }
}

const shape = scenarioSchema.shape
const classShape = shape.traffic.element.shape
const poolShape = shape.pools.element.shape

export function draftOf(root: Node): Draft {
  const top = mapOf(plainOf(root))
  const stated = (path: Path) => {
    const node = nodeAt(root, path)
    return node && plainOf(node)
  }
  const models = new Map(
    Object.entries(mapOf(top.models)).map(([key, item]) => [
      key,
      part(shape.models.valueType, item),
    ]),
  )
  const pools = listOf(top.pools).map((item, i) => poolDraft(item, ['pools', i]))
  const lengthless = isLengthless({ models, pools })
  return {
    durationS: part(shape.duration_s, top.duration_s),
    warmupS: part(shape.warmup_s, top.warmup_s),
    models,
    classes: listOf(top.traffic).map((item, i) => classDraft(item, ['traffic', i], lengthless)),
    pools,
    devices: listOf(top.devices).map((item) => part(shape.devices.unwrap().element, item)),
    link: part(shape.link, top.link) ?? null,
    slo: new Map(
      Object.entries(mapOf(top.slo)).map(([key, texts]) => [
        key,
        listOf(texts).map((text) => parseObjective(`${text}`)),
      ]),
    ),
    stated,
    has: (path) => nodeAt(root, path) !== undefined,
    latest: (path, keys) => latestOf(root, path, keys),
  }
}

function latestOf(root: Node, path: Path, keys: readonly string[]) {
  const placed = keys.map((key) => ({ key, place: placeOf(root, [...path, key], 'key') }))
  const top = placed.filter(({ place }) => !placed.some((upper) => liesOn(upper.place, place)))
  const last = top.reduce((a, b) => (a.place.rank > b.place.rank ? a : b))
  return { key: last.key, overrides: top.length < placed.length }
}

/** The model of a pool; null if it is unknown. */
export function modelOf({ models }: Pick<Draft, 'models'>, { model }: PoolDraft): Model | null {
  return model === null ? null : (models.get(model) ?? null)
}

/** Whether the length of requests has no effect in any pool. */
export function isLengthless(draft: Pick<Draft, 'models' | 'pools'>): boolean {
  const used = draft.pools.map((pool) => modelOf(draft, pool))
  return used.length > 0 && used.every((model) => model && !takesLength(model))
}

function classDraft(item: unknown, path: Path, lengthless: boolean): ClassDraft {
  const keys = mapOf(item)
  const parts = partsOf<TrafficClass, (typeof CLASS_KEYS)[number]>(classShape, CLASS_KEYS, keys)
  const traced = keys.input_tokens === undefined && !lengthless && bringsLengths(parts.arrivals)
  const ofAll = typeof keys.timeout_ms === 'number' ? keys.timeout_ms : undefined
  return {
    ...parts,
    path,
    name: textOf(keys.class),
    model: textOf(keys.model),
    tenant: textOf(keys.tenant),
    input_tokens: traced ? { distribution: 'trace' } : parts.input_tokens,
    deadlineMs: part(classShape.deadline_ms, keys.deadline_ms ?? ofAll),
  }
}

/** Whether the rows of a trace have lengths of inputs or outputs. */
export function bringsLengths(
  arrivals: Arrivals | null,
  column: 'input_tokens' | 'output_tokens' = 'input_tokens',
): boolean {
  if (arrivals?.process !== 'trace') return false
  const mapped = ['csv', 'jsonl', 'parquet'].includes(arrivals.format)
  return !mapped || arrivals.columns?.[column] !== undefined
}

function poolDraft(item: unknown, path: Path): PoolDraft {
  const keys = mapOf(item)
  const parts = partsOf<Pool, (typeof POOL_KEYS)[number]>(poolShape, POOL_KEYS, keys)
  return { ...parts, path, name: textOf(keys.name), model: textOf(keys.model) }
}

function partsOf<T, K extends keyof T & string>(
  schemas: Readonly<Record<K, z.ZodType>>,
  names: readonly K[],
  keys: Readonly<Record<string, unknown>>,
): Parts<T, K> {
  const parts = names.map((name) => [name, part(schemas[name], keys[name]) ?? null])
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

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return isMap(value) ? value : {}
}
