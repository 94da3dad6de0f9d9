import { crossCheck, Draft } from '../checks/index.ts'
import { scenarioSchema } from '../schema/schema.ts'
import { uncertain } from '../schema/schema-uncertain.ts'
import { numberText, schemaAt } from '../schema/schema-walk.ts'
import {
  endsOf,
  INCLUDED,
  lawOf,
  MOST_INPUTS,
  SOURCES,
  type StatedWidth,
  type TrafficPart,
  type UncertainInput,
  type UncertainLaw,
} from '../schema/uncertain.ts'
import { describeValue, listed } from './describe-value.ts'
import { explain } from './explain.ts'
import { locate } from './locate.ts'
import {
  childOf,
  type MapNode,
  type Node,
  type Path,
  type Problem,
  pathText,
  plainOf,
  replaced,
  withEntry,
} from './located.ts'
import { didYouMean } from './nearest.ts'
import { numberOf } from './uncertain-numbers.ts'
import { atTraffic, trafficPart, trafficProblem } from './uncertain-traffic.ts'

/** The inputs of a scenario that are not known. */
export interface Uncertain {
  readonly inputs: readonly UncertainInput[]
  /** whether what fits, the catalogue and benchmarks state of times is added; absent where not */
  readonly withSources?: true
  /** the scenario with its values, as JSON, without `uncertain` and `variants` */
  readonly text: string
}

/** Paths of numbers that a run has, and that are no input. */
const NO_INPUTS = ['seed', 'spillway']

/** Keys of a model that say what its numbers are from: no run uses them. */
const OF_SOURCES = ['fitted', 'alternatives']

const SPEED = /^speed of (.*)$/

interface Refused {
  readonly problem: Problem
}

type Read = Refused | { readonly input: UncertainInput; readonly path: Path }

/**
 * What `uncertain` of a scenario states; null where it has none, or where it is not valid. It may
 * have no input where those of sources are to be added.
 */
export function uncertainInputs(root: Node): {
  readonly uncertain: Uncertain | null
  readonly problems: readonly Problem[]
} {
  const map = childOf(root, 'uncertain')
  if (map?.kind !== 'map' || root.kind !== 'map') return { uncertain: null, problems: [] }
  const plain = plainOf(root)
  const stated = uncertain.safeParse(plainOf(map))
  const ofSources = sourcesProblems(map)
  // the schema reports what is wrong
  if (!stated.success || stated.data === undefined) return { uncertain: null, problems: ofSources }
  const { [SOURCES]: sources, ...widths }: Readonly<Record<string, StatedWidth>> = stated.data
  // each is checked at both ends, which takes a while
  const many = Object.keys(widths).length
  if (many > MOST_INPUTS) {
    const text = `expected at most ${MOST_INPUTS} inputs, got ${many}`
    return { uncertain: null, problems: [...ofSources, { path: ['uncertain'], at: 'key', text }] }
  }
  const read = Object.entries(widths).map(([name, width]) => {
    if (width === INCLUDED) return problemOf(name, NO_WIDTH, 'value')
    const ofTraffic = trafficPart(name)
    if (ofTraffic !== null) return trafficInput(root, name, ofTraffic, width)
    return SPEED.test(name) ? speedOf(root, name, width) : numberAt(root, plain, name, width)
  })
  const problems = [
    ...ofSources,
    ...read.flatMap((each) => ('problem' in each ? [each.problem] : [])),
  ]
  const inputs = read.flatMap((each) => ('input' in each ? [each.input] : []))
  const names = Object.keys(widths)
  problems.push(...twice(read, names))
  if (problems.length > 0) return { uncertain: null, problems }
  const text = JSON.stringify(
    plainOf(without(root, ['uncertain', 'variants', 'extends', '$schema'])),
  )
  const withSources = sources !== undefined && { withSources: true as const }
  const none = inputs.length === 0 && sources === undefined
  return { uncertain: none ? null : { inputs, ...withSources, text }, problems }
}

const NO_WIDTH = `a width such as "± 10 %" or "± 2", got "${INCLUDED}"`

/** A problem of a name in the map. */
const problemOf = (name: string, text: string, at: Problem['at']): Refused => ({
  problem: { path: ['uncertain', name], at, text: `expected ${text}` },
})

/** Another value of the key that includes the inputs of sources. */
function sourcesProblems(map: MapNode): Problem[] {
  const node = childOf(map, SOURCES)
  if (node === undefined || (node.kind === 'value' && node.value === INCLUDED)) return []
  return [problemOf(SOURCES, `${INCLUDED}, got ${describeValue(plainOf(node))}`, 'value').problem]
}

/** Inputs that are one number, by different names of its path. */
function twice(read: readonly Read[], names: readonly string[]): Problem[] {
  const keys = read.map((each) => ('input' in each ? each.path.join('\0') : null))
  return keys.flatMap((key, i) => {
    const first = keys.indexOf(key)
    if (key === null || first === i) return []
    return [
      problemOf(names[i]!, `each number once, got that of ${names[first]} again`, 'key').problem,
    ]
  })
}

function speedOf(root: Node, name: string, width: StatedWidth): Read {
  const model = SPEED.exec(name)![1]!
  const models = childOf(root, 'models')
  const known = models?.kind === 'map' ? [...models.entries.keys()] : []
  if (!known.includes(model)) {
    const which = `the speed of one of ${listed(known)}`
    return problemOf(
      name,
      `${which}, got ${describeValue(model)}${didYouMean(model, known)}`,
      'key',
    )
  }
  const law = factorLaw(name, width)
  if ('problem' in law) return law
  return { input: { name, model, value: 1, whole: false, law }, path: [name] }
}

function trafficInput(root: Node, name: string, of: TrafficPart, width: StatedWidth): Read {
  const problem = trafficProblem(of, new Draft(root))
  if (problem !== null) return problemOf(name, problem, 'key')
  const law = factorLaw(name, width)
  if ('problem' in law) return law
  const against = contradiction(root, endsOf(law), (tree, factor) => atTraffic(tree, of, factor))
  if (against !== null) return problemOf(name, against, 'value')
  return { input: { name, model: null, value: 1, whole: false, law, ofTraffic: of }, path: [name] }
}

/** The law of a factor, whose stated value is 1. */
function factorLaw(name: string, width: StatedWidth): UncertainLaw | Refused {
  const law = lawOf(width, 1)
  if (typeof law === 'string') return problemOf(name, law, 'value')
  const [low, high] = endsOf(law)
  if (low < LEAST_FACTOR || high > MOST_FACTOR) {
    const got = `${shown(low)} to ${shown(high)}`
    return problemOf(name, `factors from ${LEAST_FACTOR} to ${MOST_FACTOR}, got ${got}`, 'value')
  }
  if (low > 1 || high < 1) return problemOf(name, `factors around 1, got ${ends(law)}`, 'value')
  return law
}

/** Factors beyond these are rather times or rates. */
const LEAST_FACTOR = 0.001
const MOST_FACTOR = 1000

function numberAt(root: Node, plain: unknown, name: string, width: StatedWidth): Read {
  const at = locate(root, name)
  if (at.path === null) {
    const where = at.within.length === 0 ? 'the scenario' : pathText(root, at.within)
    const step = name.split('.').slice(pathSteps(root, at.within)).join('.')
    const has = at.names.length === 0 ? 'has no keys' : `has ${listed(at.names)}`
    const text = `a path of a number that the scenario states; ${where} ${has}, got ${describeValue(step)}`
    return problemOf(name, `${text}${didYouMean(step.split('.')[0], at.names)}`, 'key')
  }
  const { path, node } = at
  const value = node.kind === 'value' ? node.value : null
  const schema = schemaAt(scenarioSchema, path, plain)
  const number = schema && numberOf(schema)
  if (NO_INPUTS.includes(String(path[0])) || typeof value !== 'number' || number === null) {
    return problemOf(name, `a path of a number, got that of ${describeValue(plainOf(node))}`, 'key')
  }
  if (path[0] === 'models' && path.slice(2).some((step) => OF_SOURCES.includes(String(step)))) {
    const text = `a number that a run uses; ${OF_SOURCES.join(' and ')} say what the times are from`
    return problemOf(name, text, 'key')
  }
  const stated = lawOf(width, value)
  if (typeof stated === 'string') return problemOf(name, stated, 'value')
  const whole = number.isInt === true
  const law = whole ? lawOfWhole(stated) : stated
  const [low, high] = endsOf(law)
  const drawn = whole ? [Math.round(low), Math.ceil(high - 0.5)] : [low, high]
  if (drawn[0]! > drawn[1]!) {
    return problemOf(name, `a range with a whole number, got ${ends(stated)}`, 'value')
  }
  const outside = drawn.find((end) => !number.safeParse(end).success)
  if (outside !== undefined) {
    const text = `draws that are each ${numberText(number)}, got ${ends(stated)}`
    return problemOf(name, `${text}; take a range`, 'value')
  }
  if (value < drawn[0]! || value > drawn[1]!) {
    return problemOf(name, `a range that holds the value ${value}, got ${ends(stated)}`, 'value')
  }
  const problem = contradiction(root, drawn, (tree, end) =>
    replaced(tree, path, { kind: 'value', place: root.place, value: end }),
  )
  if (problem !== null) return problemOf(name, problem, 'value')
  return { input: { name, model: null, value, whole, law }, path }
}

/** In a range of whole numbers each is as likely as the others: rounded, its ends would be half. */
const lawOfWhole = (law: UncertainLaw): UncertainLaw =>
  law.law === 'uniform'
    ? { ...law, low: Math.ceil(law.low) - 0.5, high: Math.floor(law.high) + 0.5 }
    : law

/** How many steps of a text a path has: names can contain dots. */
const pathSteps = (root: Node, path: Path) =>
  path.length === 0 ? 0 : pathText(root, path).split('.').length

const ends = (law: Parameters<typeof endsOf>[0]) => endsOf(law).map(shown).join(' to ')
const shown = (value: number) => String(Number(value.toPrecision(4)))

/** What the lowest or the highest draw contradicts in the scenario; null for nothing. */
function contradiction(
  root: Node,
  drawn: readonly number[],
  atValue: (tree: Node, value: number) => Node,
): string | null {
  const problemsOf = (tree: Node) => [
    ...explain(scenarioSchema, plainOf(tree)),
    ...crossCheck(new Draft(tree)),
  ]
  const alone = without(root, ['uncertain', 'variants'])
  // what is wrong anyway is reported there
  if (problemsOf(alone).length > 0) return null
  for (const value of drawn) {
    const tree = atValue(alone, value)
    const [first] = problemsOf(tree)
    if (first === undefined) continue
    return `draws that fit the scenario; at ${shown(value)}, ${pathText(tree, first.path)}: ${first.text}`
  }
  return null
}

const without = (root: Node, keys: readonly string[]): Node =>
  keys.reduce<Node>((tree, key) => withEntry(tree as MapNode, key, null), root)
