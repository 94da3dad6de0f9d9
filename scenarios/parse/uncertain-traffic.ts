import { Draft } from '../checks/index.ts'
import { classAtLengths } from '../schema/scaled-lengths.ts'
import { LENGTH_LAWS, takesLength } from '../schema/takes-length.ts'
import type { TrafficPart } from '../schema/uncertain.ts'
import { describeValue, listed } from './describe-value.ts'
import {
  childOf,
  type Node,
  nodeAt,
  type Path,
  type Place,
  type Plain,
  replaced,
  withEntry,
} from './located.ts'
import { didYouMean } from './nearest.ts'

/** Inputs that multiply all rates or all lengths, of every class or of one. */

type ClassDraft = Draft['classes'][number]

const PART = /^(traffic|lengths)(?: of (.*))?$/

/** The part of the traffic that the name of an input is of; null for another name. */
export function trafficPart(name: string): TrafficPart | null {
  const match = PART.exec(name)
  if (match === null) return null
  return { part: match[1] === 'traffic' ? 'rates' : 'lengths', class: match[2] ?? null }
}

/** What is expected of a part of the traffic that cannot be multiplied; null where it can be. */
export function trafficProblem(of: TrafficPart, draft: Draft): string | null {
  const known = draft.classes.flatMap(({ name }) => name ?? [])
  if (of.class !== null && !known.includes(of.class)) {
    const which = `the ${of.part === 'rates' ? 'traffic' : 'lengths'} of one of ${listed(known)}`
    return `${which}, got ${describeValue(of.class)}${didYouMean(of.class, known)}`
  }
  const classes = draft.classes.filter((traffic) => isOf(of, traffic))
  if (of.part === 'rates') {
    const fixed = classes.find(hasFixedRates)
    if (fixed === undefined) return null
    return `rates that can be multiplied; class ${fixed.name} has recorded ones, and needs rate_rps or load for that`
  }
  return classes.some((traffic) => takesLengths(traffic, draft))
    ? null
    : `lengths that a model takes; ${LENGTH_LAWS}`
}

const isOf = ({ class: name }: TrafficPart, traffic: ClassDraft) =>
  name === null || traffic.name === name

/** Recorded rates of clients have no multiple. */
const hasFixedRates = ({ arrivals }: ClassDraft) =>
  arrivals?.process === 'servegen' && arrivals.rate_rps === undefined && arrivals.load === undefined

function takesLengths(traffic: ClassDraft, draft: Draft): boolean {
  return draft.poolsOf(traffic).some((pool) => {
    const model = draft.modelOf(pool)
    return model !== null && takesLength(model)
  })
}

/**
 * The scenario at a multiple of a part of its traffic, as far as checks depend on it: rates have no
 * limits but those of a trace, whose rows are copied.
 */
export function atTraffic(root: Node, of: TrafficPart, factor: number): Node {
  const draft = new Draft(root)
  const classes = childOf(root, 'traffic')
  if (classes?.kind !== 'list') return root
  const valuesAt: typeof lengthsAt = of.part === 'rates' ? copiesAt : lengthsAt
  const items = classes.items.map((item, i) => {
    const traffic = draft.classes[i]
    if (traffic === undefined || !isOf(of, traffic)) return item
    return valuesAt(traffic, factor, draft).reduce(withValue, item)
  })
  return replaced(root, ['traffic'], { ...classes, items })
}

/** A value that a class has in place of the stated one. */
interface ChangedValue {
  /** in the class */
  readonly path: Path
  readonly value: unknown
}

function copiesAt({ arrivals }: ClassDraft, factor: number): ChangedValue[] {
  if (arrivals?.process !== 'trace' || arrivals.load !== undefined) return []
  return [{ path: ['arrivals', 'growth'], value: factor * arrivals.growth }]
}

function lengthsAt(traffic: ClassDraft, factor: number, draft: Draft): ChangedValue[] {
  const { arrivals, input_tokens, output_tokens } = traffic
  if (arrivals === null || input_tokens === null) return []
  const outputs = output_tokens !== null && { output_tokens }
  const scaled = classAtLengths({ arrivals, input_tokens, ...outputs }, factor)
  if (scaled === null) return []
  // what a default fills in is not checked
  const stated = (['input_tokens', 'output_tokens'] as const).flatMap((key) =>
    draft.has([...traffic.path, key]) ? [{ path: [key], value: scaled[key] }] : [],
  )
  if (scaled.arrivals.process !== 'trace') return stated
  const { length_scale, output_scale } = scaled.arrivals
  const scales = [
    { of: input_tokens, key: 'length_scale', value: length_scale },
    { of: output_tokens, key: 'output_scale', value: output_scale },
  ]
  const ofTrace = scales.filter(({ of: lengths }) => lengths?.distribution === 'trace')
  return [...stated, ...ofTrace.map(({ key, value }) => ({ path: ['arrivals', key], value }))]
}

/** A class with a value in a map that it has. */
function withValue(ofClass: Node, { path, value }: ChangedValue): Node {
  const within = path.slice(0, -1)
  const map = nodeAt(ofClass, within)
  if (map?.kind !== 'map') return ofClass
  const { place } = map
  const entry = { key: place, node: nodeOf(value, place) }
  return replaced(ofClass, within, withEntry(map, String(path.at(-1)), entry))
}

function nodeOf(value: unknown, place: Place): Node {
  if (Array.isArray(value)) {
    return { kind: 'list', place, items: value.map((item) => nodeOf(item, place)) }
  }
  if (typeof value !== 'object' || value === null) {
    return { kind: 'value', place, value: value as Plain }
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [key, { key: place, node: nodeOf(item, place) }] as const,
  )
  return { kind: 'map', place, entries: new Map(entries) }
}
