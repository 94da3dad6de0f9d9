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
 * A scenario of which parts may be invalid. Each part is parsed on its own, so that one wrong
 * value does not hide what is wrong between the others; an invalid part is null.
 */
export interface Draft {
  readonly durationS: number | null
  readonly warmupS: number | null
  readonly models: ReadonlyMap<string, Model | null>
  readonly classes: readonly ClassDraft[]
  readonly pools: readonly PoolDraft[]
  readonly devices: readonly (Device | null)[]
  /** also null where there is none */
  readonly link: NonNullable<Scenario['link']> | null
  /** objectives of each class, as far as they can be read */
  readonly slo: ReadonlyMap<string, readonly (Objective | null)[]>
  /** whether the scenario itself says something there, rather than a default */
  readonly has: (path: Path) => boolean
  /** of the keys of a map the one written last: an override before the file it overrides */
  readonly latest: (path: Path, keys: readonly string[]) => { key: string; overrides: boolean }
}

export interface ClassDraft {
  readonly path: Path
  readonly name: string | null
  /** that it asks for; also null where it asks for none */
  readonly model: string | null
  readonly arrivals: Arrivals | null
  readonly lengths: Lengths | null
  readonly outputs: Lengths | null
  readonly lengthSchedule: TrafficClass['length_schedule'] | null
  readonly fanOut: number | null
  readonly timeout: TrafficClass['timeout_ms'] | null
  readonly session: TrafficClass['session'] | null
  readonly priority: number | null
  /** or else its time-out */
  readonly deadlineMs: number | undefined | null
  readonly tenant: string | null
  readonly weight: number | null
  /** also null where there is none */
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

/** Collects problems: `at('value', path, 'a, got b')` reads `expected a, got b`. */
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
  const top = placed.filter(({ place }) => !placed.some((other) => liesOn(other.place, place)))
  const last = top.reduce((a, b) => (a.place.rank > b.place.rank ? a : b))
  return { key: last.key, overrides: top.length < placed.length }
}

/** Whether it makes no difference in any pool how long a request is. */
export function isLengthless({ models, pools }: Pick<Draft, 'models' | 'pools'>): boolean {
  const own = pools.map(({ model }) => (model === null ? null : models.get(model)))
  return own.length > 0 && own.every((model) => model && !takesLength(model))
}

function classDraft(item: unknown, path: Path, lengthless: boolean): ClassDraft {
  const own = isMap(item) ? item : {}
  const arrivals = part(classShape.arrivals, own.arrivals)
  const traced = own.input_tokens === undefined && !lengthless && bringsLengths(arrivals)
  const lengths: Lengths | null = traced
    ? { distribution: 'trace' }
    : part(classShape.input_tokens, own.input_tokens)
  const outputs = part(classShape.output_tokens, own.output_tokens) ?? null
  const tenant = textOf(own.tenant)
  const session = part(classShape.session, own.session)
  const priority = part(classShape.priority, own.priority)
  const fanOut = part(classShape.fan_out, own.fan_out)
  const timeout = part(classShape.timeout_ms, own.timeout_ms)
  const weight = part(classShape.weight, own.weight)
  const sharedPrefix = part(classShape.shared_prefix_tokens, own.shared_prefix_tokens) ?? null
  const lengthSchedule = part(classShape.length_schedule, own.length_schedule)
  const ofAll = typeof own.timeout_ms === 'number' ? own.timeout_ms : undefined
  const deadlineMs = part(classShape.deadline_ms, own.deadline_ms ?? ofAll)
  const name = textOf(own.class)
  const model = textOf(own.model)
  const clients = { fanOut, timeout, session }
  const drawn = { lengths, outputs, lengthSchedule, sharedPrefix }
  const rank = { priority, deadlineMs, tenant, weight }
  return { path, name, model, arrivals, ...drawn, ...clients, ...rank }
}

/** Whether the rows of a trace have lengths, of the input or the output. */
export function bringsLengths(
  arrivals: Arrivals | null,
  column: 'input_tokens' | 'output_tokens' = 'input_tokens',
): boolean {
  if (arrivals?.process !== 'trace') return false
  const mapped = ['csv', 'jsonl', 'parquet'].includes(arrivals.format)
  return !mapped || arrivals.columns?.[column] !== undefined
}

function poolDraft(item: unknown, path: Path): PoolDraft {
  const own = isMap(item) ? item : {}
  return {
    path,
    name: textOf(own.name),
    model: textOf(own.model),
    precision: part(poolShape.precision, own.precision),
    queue: part(poolShape.queue, own.queue),
    admission: part(poolShape.admission, own.admission),
    batching: part(poolShape.batching, own.batching),
    generation: part(poolShape.generation, own.generation) ?? null,
    memory: part(poolShape.memory, own.memory) ?? null,
    replicas: part(poolShape.replicas, own.replicas),
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
