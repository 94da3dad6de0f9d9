import type { z } from 'zod'
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
  type Lengths,
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
  /** whether the scenario states a value there, rather than a default */
  readonly has: (path: Path) => boolean
  /** the key of a map that was written last: an override before the file that it overrides */
  readonly latest: (path: Path, keys: readonly string[]) => { key: string; overrides: boolean }
}

export interface ClassDraft {
  readonly path: Path
  readonly name: string | null
  /** name of the class's model; also null if it names none */
  readonly model: string | null
  readonly arrivals: Arrivals | null
  readonly lengths: Lengths | null
  readonly outputs: Lengths | null
  readonly lengthSchedule: TrafficClass['length_schedule'] | null
  readonly fanOut: number | null
  readonly timeout: TrafficClass['timeout_ms'] | null
  readonly session: TrafficClass['session'] | null
  readonly priority: number | null
  /** deadline_ms, or else a fixed timeout_ms */
  readonly deadlineMs: number | undefined | null
  readonly tenant: string | null
  readonly weight: number | null
  /** also null if there is none */
  readonly sharedPrefix: number | null
}

export interface PoolDraft {
  readonly path: Path
  readonly name: string | null
  readonly model: string | null
  readonly precision: Pool['precision'] | null
  readonly queue: Pool['queue'] | null
  readonly admission: Pool['admission'] | null
  readonly batching: Pool['batching'] | null
  readonly generation: NonNullable<Pool['generation']> | null
  readonly memory: NonNullable<Pool['memory']> | null
  readonly replicas: Pool['replicas'] | null
}

/** Collects problems: `at('value', path, 'a, got b')` is printed as `expected a, got b`. */
export type Report = (at: Problem['at'], path: Path, text: string) => void

const shape = scenarioSchema.shape
const classShape = shape.traffic.element.shape
const poolShape = shape.pools.element.shape

export function draftOf(root: Node): Draft {
  const value = plainOf(root)
  const top = isMap(value) ? value : {}
  const has = (path: Path) => nodeAt(root, path) !== undefined
  const models = new Map(
    Object.entries(isMap(top.models) ? top.models : {}).map(([key, item]) => [
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
      Object.entries(isMap(top.slo) ? top.slo : {}).map(([key, texts]) => [
        key,
        listOf(texts).map((text) => parseObjective(`${text}`)),
      ]),
    ),
    has,
    latest: (path, keys) => latestOf(root, path, keys),
  }
}

function latestOf(root: Node, path: Path, keys: readonly string[]) {
  const placed = keys.map((key) => ({ key, place: placeOf(root, [...path, key], 'key') }))
  const top = placed.filter(({ place }) => !placed.some((upper) => liesOn(upper.place, place)))
  const last = top.reduce((a, b) => (a.place.rank > b.place.rank ? a : b))
  return { key: last.key, overrides: top.length < placed.length }
}

/** Whether the length of requests has no effect in any pool. */
export function isLengthless({ models, pools }: Pick<Draft, 'models' | 'pools'>): boolean {
  const used = pools.map(({ model }) => (model === null ? null : models.get(model)))
  return used.length > 0 && used.every((model) => model && !takesLength(model))
}

function classDraft(item: unknown, path: Path, lengthless: boolean): ClassDraft {
  const keys = isMap(item) ? item : {}
  const arrivals = part(classShape.arrivals, keys.arrivals)
  const traced = keys.input_tokens === undefined && !lengthless && bringsLengths(arrivals)
  const lengths: Lengths | null = traced
    ? { distribution: 'trace' }
    : part(classShape.input_tokens, keys.input_tokens)
  const outputs = part(classShape.output_tokens, keys.output_tokens) ?? null
  const tenant = textOf(keys.tenant)
  const session = part(classShape.session, keys.session)
  const priority = part(classShape.priority, keys.priority)
  const fanOut = part(classShape.fan_out, keys.fan_out)
  const timeout = part(classShape.timeout_ms, keys.timeout_ms)
  const weight = part(classShape.weight, keys.weight)
  const sharedPrefix = part(classShape.shared_prefix_tokens, keys.shared_prefix_tokens) ?? null
  const lengthSchedule = part(classShape.length_schedule, keys.length_schedule)
  const ofAll = typeof keys.timeout_ms === 'number' ? keys.timeout_ms : undefined
  const deadlineMs = part(classShape.deadline_ms, keys.deadline_ms ?? ofAll)
  const name = textOf(keys.class)
  const model = textOf(keys.model)
  const clients = { fanOut, timeout, session }
  const drawn = { lengths, outputs, lengthSchedule, sharedPrefix }
  const rank = { priority, deadlineMs, tenant, weight }
  return { path, name, model, arrivals, ...drawn, ...clients, ...rank }
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
  const keys = isMap(item) ? item : {}
  return {
    path,
    name: textOf(keys.name),
    model: textOf(keys.model),
    precision: part(poolShape.precision, keys.precision),
    queue: part(poolShape.queue, keys.queue),
    admission: part(poolShape.admission, keys.admission),
    batching: part(poolShape.batching, keys.batching),
    generation: part(poolShape.generation, keys.generation) ?? null,
    memory: part(poolShape.memory, keys.memory) ?? null,
    replicas: part(poolShape.replicas, keys.replicas),
  }
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
