import * as z from 'zod'
import {
  branchesWith,
  branchKeys,
  branchOf,
  built,
  holderOf,
  isMap,
  isOptional,
  keysOf,
  meantBranch,
  numberText,
  schemaAt,
} from '../schema/schema-walk.ts'
import { describeValue } from './describe-value.ts'
import { MOST_MESSAGES, type Path, type Problem } from './located.ts'
import { didYouMean, nearest } from './nearest.ts'

type Issue = z.core.$ZodIssue

/** The schema's complaints about a value, in the user's words. */
export function explain(schema: z.core.$ZodType, value: unknown): Problem[] {
  const parsed = z.safeParse(schema, value)
  if (parsed.success) return []
  const context = { schema, value, base: [] }
  const problems = parsed.error.issues.flatMap((issue) => explainIssue(issue, context))
  // a mistyped key is one problem, and not also a missing key
  const meant = new Set(problems.flatMap((p) => (p.meant ? [p.meant.join('\0')] : [])))
  return problems.filter(({ path }) => !meant.has(path.join('\0')))
}

interface Explained extends Problem {
  /** the correct path of a mistyped key */
  readonly meant?: Path
}

interface Context {
  readonly schema: z.core.$ZodType
  readonly value: unknown
  /** path of the value in the document */
  readonly base: Path
}

function problemAt(
  { base }: Context,
  path: Path,
  text: string,
  at: Problem['at'] = 'value',
): Problem[] {
  return [{ path: [...base, ...path], at, text: `expected ${text}` }]
}

function explainIssue(issue: Issue, context: Context): Explained[] {
  const path = issue.path as Path
  const value = valueAt(context.value, path)
  const schema = schemaAt(context.schema, path, context.value)
  const at = (text: string, hint = '') =>
    problemAt(context, path, `${text}, got ${describeValue(value)}${hint}`)
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKeys(issue.keys, schema, value, [...context.base, ...path])
    case 'invalid_union':
      return explainUnion(issue, context)
    case 'invalid_key': {
      const text = issue.issues[0]?.message ?? 'another key'
      return problemAt(context, path, `${text}, got ${JSON.stringify(path.at(-1))}`, 'key')
    }
    case 'invalid_value': {
      const values = issue.values.map(String)
      return at(oneOf(values), precisionHint(value, values) || didYouMean(value, values))
    }
    case 'invalid_type':
      return at(typeText(issue.expected, schema), typeHint(issue, value) + nullHint(path, context))
    case 'too_small':
    case 'too_big':
      // lists are measured by their length, and so would be text in place of a list
      if (issue.origin === 'string' && schema instanceof z.ZodArray) return []
      return at(sizeText(issue, schema && branchOf(schema, value), value), nullHint(path, context))
    case 'invalid_format':
    case 'custom':
      return at(issue.message)
    default:
      return at(`something else (${issue.message})`)
  }
}

/** bf16 has no name of its own: the times and the memory of a model are those at fp16. */
function precisionHint(value: unknown, values: readonly string[]): string {
  const isBf16 = typeof value === 'string' && /^(bf|bfloat)16$/i.test(value)
  if (!isBf16 || !values.includes('fp16')) return ''
  return '; write fp16, which has as many bits and the same peak'
}

/** An empty list does not remove an inherited key; null does. */
function nullHint(path: Path, { schema, value }: Context): string {
  const list = valueAt(value, path)
  if (!Array.isArray(list) || list.length > 0) return ''
  const holderPath = path.slice(0, -1)
  const holder = schemaAt(schema, holderPath, value)
  const map = holder && branchOf(holder, valueAt(value, holderPath))
  return isOptional(map, path.at(-1)) ? '; null removes it' : ''
}

function unknownKeys(
  keys: readonly string[],
  root: z.core.$ZodType | null,
  value: unknown,
  path: Path,
): Explained[] {
  const schema = root && branchOf(root, value)
  const ofSchema = keysOf(schema)
  // the meant branch of a union may have them, although another branch was checked
  const allowed = keys.some((key) => ofSchema.includes(key)) ? [] : ofSchema
  return keys.map((key, i) => {
    // messages of further keys are not shown
    const near = i < MOST_MESSAGES ? nearest(key, allowed) : null
    const inner = near ?? (schema && i < MOST_MESSAGES ? holderOf(schema, key) : null)
    const branches = inner === null && i < MOST_MESSAGES ? branchesWith(root, key) : []
    const expected = allowed.length === 0 ? '' : `; expected one of ${allowed.join(', ')}`
    const elsewhere = branches.length === 0 ? '' : `; it is a key of ${branches.join(' and ')}`
    const hint = inner === null ? `${expected}${elsewhere}` : `; did you mean ${inner}?`
    return {
      path: [...path, key],
      at: 'key',
      text: `unknown key${hint}`,
      ...(near === null ? {} : { meant: [...path, near] }),
    }
  })
}

/** The problems of the meant branch of a union, not of all branches. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, context: Context): Problem[] {
  const issuePath = issue.path as Path
  if ('discriminator' in issue && typeof issue.discriminator === 'string') {
    return noDiscriminator(issue, issue.discriminator, context)
  }
  const schema = schemaAt(context.schema, issuePath, context.value)
  const union = schema instanceof z.ZodUnion ? schema : null
  const value = valueAt(context.value, issuePath)
  const chosen = union && meantBranch(union, value)
  if (union && typeof chosen === 'number') {
    const base = [...context.base, ...issuePath]
    const inner = { schema: union.options[chosen]!, value, base }
    return (issue.errors[chosen] ?? []).flatMap((child) => explainIssue(child, inner))
  }
  const wanted = union ? branchKeys(union) : []
  if (wanted.length === 0) {
    const parts = (union?.options ?? []).map(kindText)
    return problemAt(context, issuePath, `${parts.join(' or ')}, got ${describeValue(value)}`)
  }
  if (!isMap(value)) {
    const ways = [...simpleKinds(union), `a map with the key ${wanted.join(' or ')}`].join(' or ')
    return problemAt(context, issuePath, `${ways}, got ${describeValue(value)}`)
  }
  const keys = Object.keys(value)
  const typo = keys.find((key) => didYouMean(key, wanted) !== '')
  const text = `the key ${wanted.join(' or ')}, got ${typo ?? (keys.join(', ') || 'an empty map')}`
  if (typo === undefined) return problemAt(context, issuePath, text)
  return problemAt(context, [...issuePath, typo], `${text}${didYouMean(typo, wanted)}`, 'key')
}

/** The values that a branch of a union without maps accepts, in words. */
function kindText(branch: z.core.$ZodType): string {
  const option = built(branch)
  if (option instanceof z.ZodEnum) return option.options.join(' or ')
  if (option instanceof z.ZodBoolean) return 'true or false'
  if (option instanceof z.ZodArray) return 'a list'
  if (option instanceof z.ZodString) return 'text'
  return option instanceof z.ZodObject ? 'a map' : numberText(option)
}

/** The values that are no maps and that a union accepts, in words. */
function simpleKinds(union: z.ZodUnion | null): string[] {
  const branches = (union?.options ?? []).map((option) => branchOf(option, undefined))
  return branches.flatMap((branch) => {
    const simple = [z.ZodNumber, z.ZodString, z.ZodArray].some((kind) => branch instanceof kind)
    return branch !== null && simple ? [kindText(branch)] : []
  })
}

function noDiscriminator(
  issue: z.core.$ZodIssueInvalidUnion,
  key: string,
  context: Context,
): Problem[] {
  const path = issue.path as Path
  // the path of such an issue ends in the discriminator, which may be missing or mistyped
  const holder = valueAt(context.value, path.slice(0, -1))
  const options = 'options' in issue ? (issue.options ?? []) : []
  const values = options.filter((option) => option !== undefined).map(String)
  const keys = isMap(holder) ? Object.keys(holder) : []
  const typo = isMap(holder) && !(key in holder) && keys.find((k) => didYouMean(k, [key]) !== '')
  if (typo) {
    const text = `the key ${key}, got ${JSON.stringify(typo)}${didYouMean(typo, [key])}`
    return problemAt(context, [...path.slice(0, -1), typo], text, 'key')
  }
  const value = valueAt(context.value, path)
  const text = `${oneOf(values)}, got ${describeValue(value)}${didYouMean(value, values)}`
  return problemAt(context, path, text)
}

/** The value at a path; nothing where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let inner = value
  for (const step of path) {
    const holds = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
    inner = holds ? Reflect.get(inner as object, step) : undefined
  }
  return inner
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `one of ${values.join(', ')}`
}

function typeText(expected: string, schema: z.core.$ZodType | null): string {
  if (expected === 'number' || expected === 'int') return numberText(schema)
  if (expected === 'string') return 'text'
  if (expected === 'array' || expected === 'tuple') return 'a list'
  if (expected === 'boolean') return 'true or false'
  return expected === 'object' || expected === 'record' ? 'a map' : expected
}

function typeHint(issue: z.core.$ZodIssueInvalidType, value: unknown): string {
  if (issue.expected === 'string' && ['number', 'boolean'].includes(typeof value)) {
    return `; write it in quotes: "${value}"`
  }
  const numeric = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
  return issue.expected === 'number' && numeric ? '; write it without quotes' : ''
}

function sizeText(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  schema: z.core.$ZodType | null,
  value: unknown,
): string {
  const big = issue.code === 'too_big'
  const limit = big ? issue.maximum : issue.minimum
  if (issue.origin === 'string') return big ? `at most ${limit} characters` : 'text'
  if (issue.origin === 'array') {
    return `a list of at ${big ? 'most' : 'least'} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  }
  if (big) return `a number of at most ${limit}`
  const tiny = typeof value === 'number' && value > 0 && limit < 1
  return tiny ? `a number of at least ${limit}` : numberText(schema)
}
