import { createHash } from 'node:crypto'
import * as z from 'zod'
import { Failure, hasFewValues as hasAtMost } from '../../../scenarios/light.ts'
import { type Profile, profileSchema } from '../../../sim/world/index.ts'
import { build } from '../../version.ts'

/**
 * What sweep and workers write to the server that they share: bases, jobs and answers. Each is read
 * by its schema, because others can write there, too. Bases and jobs are named by a hash of what
 * they hold, so neither can be exchanged for another one without its reader seeing it.
 */

/** Only workers of the same version and commit share a queue: others might have other figures. */
export function queueName(): string {
  const { version, commit } = build()
  return `spillway-${version}${commit === null ? '' : `-${commit}`}`.replaceAll(':', '-')
}

export const baseKey = (id: string) => `${queueName()}.base.${id}`
export const answerKey = (job: string) => `${queueName()}.answer.${job}`
/** what a worker lacks for the configurations of a base */
export const lackKey = (base: string) => `${queueName()}.lack.${base}`

/** How long bases and answers are kept after their sweep has last been seen, s. */
export const KEPT_S = 24 * 3600
/** the same of what a worker lacks */
export const LACK_KEPT_S = 60

/** Limits of what is read, in bytes: of scenario and profile, of thousands of replications. */
export const MOST_BASE_BYTES = 64_000_000
export const MOST_ANSWER_BYTES = 128_000_000
/** of changes, and of the names of many files */
export const MOST_JOB_LETTERS = 32_000_000
/** Values of a message: `[{},{},…]` takes a hundred times the memory of its text. */
const MOST_VALUES = 4_000_000
/** More replications are asked for in several jobs. */
export const MOST_RUNS = 1000
const MOST_TEXT = 32_000_000
const MOST_OVERRIDES = 10_000
const MOST_OVERRIDE = 100_000
const MOST_PATH = 4096
/** A folder of recorded clients has a file for each. */
const MOST_FILES = 100_100

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/)
const overrides = z.array(z.string().max(MOST_OVERRIDE)).max(MOST_OVERRIDES)

/** A path that leads below the folder where it starts, as far as its text shows. */
const pathBelow = z
  .string()
  .min(1)
  .max(MOST_PATH)
  .refine(
    (path) =>
      !/^([/\\]|[A-Za-z]:)/.test(path) &&
      !path.includes('\0') &&
      !path.split(/[/\\]/).includes('..'),
    'expected a path below a folder',
  )

/** Size and SHA-256 of each file that configurations read, by its path below their folder. */
const sentFiles = z
  .record(pathBelow, z.strictObject({ bytes: z.int().min(0), sha256: sha256Hex }))
  .refine((files) => Object.keys(files).length <= MOST_FILES, `at most ${MOST_FILES} files`)
export type SentFiles = Readonly<z.infer<typeof sentFiles>>

/** Requests/s: positive, and infinite for work of no time. */
const rate = z.custom<number>((value) => typeof value === 'number' && value > 0)

/** What all configurations of a sweep have in common, for a machine that has only its files. */
export const sentBaseSchema = z.strictObject({
  /** name of the scenario in messages */
  file: z.string().max(MOST_PATH),
  text: z.string().max(MOST_TEXT),
  set: overrides,
  seed: z.int().min(0).optional(),
  loadOfRps: rate.nullable().optional(),
  /** by value: a path would name a file of the worker; null where all work is declared */
  profile: (profileSchema as z.ZodType<Profile>).nullable(),
  files: sentFiles,
})
export type SentBase = Readonly<z.infer<typeof sentBaseSchema>>

/** Replications `from` to `to` - 1 of one configuration. */
export const jobSchema = z
  .strictObject({
    base: sha256Hex,
    set: overrides,
    from: z.int().min(0),
    to: z.int(),
    /** where they are others than those of the base */
    files: sentFiles.optional(),
  })
  .refine(({ from, to }) => to > from && to - from <= MOST_RUNS, {
    message: `expected 1 to ${MOST_RUNS} replications`,
    path: ['to'],
  })
export type QueuedJob = Readonly<z.infer<typeof jobSchema>>

/** The same request has the same name whenever and wherever it is asked. */
export function jobName({ base, set, from, to, files }: QueuedJob): string {
  return sha256Of(JSON.stringify([base, set, from, to, files ?? null]))
}

export const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex')

/** JSON in which infinite figures and those of nothing stay what they are. */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'number' && !Number.isFinite(inner) ? { [NUMBER]: String(inner) } : inner,
  )
}

/** Reads what `encode` wrote. Throws `SyntaxError` for any other text, and for keys of objects. */
export function decode(text: string): unknown {
  if (!hasFewValues(text)) throw new SyntaxError('more values than any message has')
  return JSON.parse(text, (key, inner) => {
    if (key === '__proto__') throw new SyntaxError('a key that no message has')
    return typeof inner === 'object' && inner !== null ? (numberIn(inner) ?? inner) : inner
  })
}

/** The number that a value stands for; null for any other value, which its schema then judges. */
function numberIn(value: object): number | null {
  if (!Object.hasOwn(value, NUMBER) || Object.keys(value).length !== 1) return null
  const text: unknown = (value as Record<string, unknown>)[NUMBER]
  return typeof text === 'string' && Object.hasOwn(NUMBERS, text) ? NUMBERS[text]! : null
}

const NUMBER = '$number'
const NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** Whether a text has at most as many values as any message. */
export const hasFewValues = (text: string): boolean => hasAtMost(text, MOST_VALUES)

/** What a schema makes of a message, or what is wrong with that, in one line without its values. */
export type Read<T> = { readonly data: T } | { readonly problem: string }

/**
 * Reads a message up to its first problem, and names that and its place. Zod collects the problems
 * of all values: a message of a few megabytes would have millions, which fill the memory.
 */
export function read<T>(schema: z.ZodType<T>, value: unknown, what: string): Read<T> {
  const first = firstIssue(schema, value)
  if (first === null) return { data: schema.parse(value) }
  const at = first.path.map(String).join('.')
  return { problem: `${what}: ${at === '' ? '' : `${at.slice(0, 100)}: `}${first.message}` }
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The first problem of the parts of a value; if the parts are right, that of the value itself. */
function firstIssue(schema: z.ZodType, value: unknown): Issue | null {
  for (const [key, inner, part] of partsOf(schema, value)) {
    const issue = firstIssue(inner, part)
    if (issue !== null) return { ...issue, path: key === null ? issue.path : [key, ...issue.path] }
  }
  const { error } = schema.safeParse(value)
  if (error === undefined) return null
  const { path, message } = error.issues[0]!
  return { path, message: message.slice(0, 200) }
}

type Part = readonly [key: PropertyKey | null, schema: z.ZodType, value: unknown]

/** The parts of a value that a schema has schemas for, and what it wraps. */
function* partsOf(schema: z.ZodType, value: unknown): Generator<Part> {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) {
    if (value !== null && value !== undefined) yield [null, schema.unwrap() as z.ZodType, value]
  } else if (schema instanceof z.ZodDefault) {
    if (value !== undefined) yield [null, schema.unwrap() as z.ZodType, value]
  } else if (schema instanceof z.ZodArray) {
    if (!Array.isArray(value)) return
    for (const [i, item] of value.entries()) yield [i, schema.element as z.ZodType, item]
  } else if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return
  } else if (schema instanceof z.ZodRecord) {
    for (const key of Object.keys(value)) {
      yield [key, schema.keyType as z.ZodType, key]
      yield [key, schema.valueType as z.ZodType, (value as Record<string, unknown>)[key]]
    }
  } else if (schema instanceof z.ZodObject) {
    for (const [key, inner] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
      if (Object.hasOwn(value, key)) yield [key, inner, (value as Record<string, unknown>)[key]]
    }
  } else if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def
    const kind = (value as Record<string, unknown>)[discriminator]
    for (const option of schema.options as readonly z.ZodObject[]) {
      const named = option.shape[discriminator] as z.ZodType
      if (named.safeParse(kind).success) yield [null, option, value]
    }
  }
}

/**
 * A configuration that the workers of a queue have not answered, or only with what cannot be one.
 * Nothing is known of it: it must not become a row.
 */
export class Unanswered extends Failure {}
