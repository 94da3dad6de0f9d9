import { crossCheck, Draft } from '../checks/index.ts'
import { Failure } from '../failure.ts'
import { hashOf } from '../schema/canonical.ts'
import { type Arrivals, type Scenario, scenarioSchema } from '../schema/schema.ts'
import { dropStaleVariantKeys } from './drop-stale-variant-keys.ts'
import { explain } from './explain.ts'
import {
  childOf,
  type Node,
  type PlacedProblem,
  placeOf,
  plainOf,
  problemTexts,
} from './located.ts'
import type { Variant } from './option-values.ts'
import { applyOverrides, type Override } from './override.ts'
import { scenarioProblems } from './scenario-problems.ts'
import { type Uncertain, uncertainInputs } from './uncertain-inputs.ts'
import { withoutStaleLaws, withUncertainNumbers } from './uncertain-numbers.ts'
import { triedVariants } from './variants.ts'
import { fileOrigin, parseYamlTree } from './yaml-tree.ts'

export interface ParseOptions {
  /** `path=value` each, applied in order after `extends` */
  readonly set?: readonly string[] | undefined
  readonly seed?: number | undefined
  /** a variant; its changes are applied after `set` and `seed` */
  readonly asVariant?: Variant | undefined
}

export interface ParsedScenario {
  /** deep frozen, defaults filled in, without `$schema`, `extends`, `variants` */
  readonly scenario: Scenario
  /** 16 hex digits over the scenario as resolved, file paths as written */
  readonly hash: string
  readonly file: string
  /** its named changes, which are no part of `scenario` and its hash */
  readonly variants: readonly Variant[]
  /** its inputs that are not known; absent where all are */
  readonly uncertain?: Uncertain
}

type TextOptions = ParseOptions & { readonly file: string }

/**
 * Validates the text of a scenario that stands alone: it extends nothing. `file` names it in
 * messages. Throws `Failure` with every problem found, in the order of the text.
 */
export function parseScenario(text: string, options: TextOptions): ParsedScenario {
  const { root, problems } = parseYamlTree(text, fileOrigin(options.file, 0))
  const placed = [...problems]
  if (root === null || !childOf(root, 'extends')) return validateTree(root, placed, options)
  const place = placeOf(root, ['extends'], 'key')
  const problem = 'expected a scenario that stands alone, got extends'
  placed.push({ place, path: 'extends', text: problem })
  throw new Failure(problemTexts(placed))
}

/**
 * Applies overrides to a scenario that was read and validates the whole. `whole` is null where the
 * text could not be read, which `placed` explains.
 */
function validateTree(
  whole: Node | null,
  placed: PlacedProblem[],
  options: TextOptions,
): ParsedScenario {
  return validated(overridden(whole, placed, options), placed, options)
}

/** A scenario that was read with its overrides. Throws `Failure` where it could not be read. */
export function overridden(
  whole: Node | null,
  placed: PlacedProblem[],
  options: ParseOptions,
): Node {
  if (whole === null) throw new Failure(problemTexts(placed))
  const tree = applyOverrides(whole, overridesOf(options), placed)
  const changes = options.asVariant?.set.map((text) => ({ label: cut(text), text })) ?? []
  const changed = dropStaleVariantKeys(applyOverrides(tree, changes, placed, true), scenarioSchema)
  return withUncertainNumbers(withoutStaleLaws(changed), placed)
}

/**
 * Throws `Failure` with the problems of the tree and those that were found in the text before.
 * A variant is the scenario with its own changes, so all are tried where no others are given.
 * `complete` adds to the scenario of a variant what its files hold.
 */
export function validated(
  root: Node,
  placed: readonly PlacedProblem[],
  { file, set = [], asVariant }: TextOptions,
  complete: (changed: Node) => Node = (changed) => changed,
): ParsedScenario {
  const value = plainOf(root)
  const draft = new Draft(root)
  const { uncertain, problems: ofUncertain } = uncertainInputs(root)
  const problems = [...scenarioProblems(value), ...crossCheck(draft), ...ofUncertain]
  if (placed.length + problems.length > 0) {
    throw new Failure(problemTexts(placed, problems, root))
  }
  const tried = triedVariants(root, set.length > 0 || asVariant ? null : complete)
  if (tried.problems.length > 0) throw new Failure(tried.problems)
  const scenario = resolved(scenarioSchema.parse(value), draft)
  return {
    scenario: deepFreeze(scenario),
    hash: hashOf(scenario),
    file,
    variants: tried.variants,
    ...(uncertain !== null && { uncertain }),
  }
}

/**
 * The scenario that a run kept, as JSON with every default filled in, used or not. Throws `Failure`
 * if it is no scenario or contradicts itself, for example if a pool names an unknown model.
 */
export function parseKeptScenario(text: string, file: string): Scenario {
  const { root, problems } = parseYamlTree(text, fileOrigin(file, 0))
  if (!root || problems.length > 0) throw new Failure(problemTexts(problems))
  const value = plainOf(root)
  const contradictions = crossCheck(new Draft(root)).filter(({ unused }) => !unused)
  const invalid = [...explain(scenarioSchema, value), ...contradictions]
  if (invalid.length > 0) throw new Failure(problemTexts([], invalid, root))
  return scenarioSchema.parse(value)
}

function overridesOf(options: ParseOptions): Override[] {
  const sets = (options.set ?? []).map((text) => ({ label: `--set ${cut(text)}`, text }))
  if (options.seed === undefined) return sets
  return [...sets, { label: `--seed ${options.seed}`, text: `seed=${options.seed}` }]
}

const cut = (text: string) => (text.length > 200 ? `${text.slice(0, 199)}…` : text)

/**
 * A pool that is scaled has its most replicas as `replicas`. A class with a trace and no
 * `input_tokens` of its own takes the lengths of the trace, and without
 * `class_values` the rows of its name.
 */
function resolved(scenario: Scenario, draft: Draft): Scenario {
  const { $schema: _, extends: __, variants: ___, ...rest } = scenario
  const traffic = rest.traffic.map((stated, i) => ({
    ...stated,
    arrivals: withValues(stated.arrivals, stated.class),
    input_tokens: draft.classes[i]?.input_tokens ?? stated.input_tokens,
  }))
  // everything that counts replicas counts the most that a pool may have
  const pools = rest.pools.map((pool) =>
    pool.scaling === undefined ? pool : { ...pool, replicas: pool.scaling.max },
  )
  return { ...rest, traffic, pools }
}

function withValues(arrivals: Arrivals, name: string): Arrivals {
  if (arrivals.process !== 'trace' || arrivals.columns?.class === undefined) return arrivals
  return { ...arrivals, class_values: arrivals.class_values ?? [name] }
}

/** Freezes a value with all that it holds. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
