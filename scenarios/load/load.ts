import { dirname } from 'node:path'
import { crossCheck, type Draft, draftOf } from '../checks/index.ts'
import { Failure } from '../failure.ts'
import { dropStaleVariantKeys } from '../parse/drop-stale-variant-keys.ts'
import { explain } from '../parse/explain.ts'
import {
  childOf,
  type Node,
  type PlacedProblem,
  type Problem,
  placeOf,
  plainOf,
  problemTexts,
} from '../parse/located.ts'
import { applyOverrides, type Override } from '../parse/override.ts'
import { fileOrigin, parseYamlTree } from '../parse/yaml-tree.ts'
import { hashOf } from '../schema/canonical.ts'
import { type Scenario, scenarioSchema } from '../schema/schema.ts'
import { readExtended } from './extend.ts'

export interface LoadOptions {
  /** `path=value` entries, applied in order after `extends` */
  readonly set?: readonly string[] | undefined
  readonly seed?: number | undefined
}

export interface LoadedScenario {
  /** deeply frozen, defaults filled in, without `$schema` and `extends` */
  readonly scenario: Scenario
  /** 16 hex digits over the resolved scenario, with file paths as written */
  readonly hash: string
  readonly file: string
  /** base of the scenario's relative paths */
  readonly directory: string
}

/**
 * Reads a scenario with all files that it extends, applies overrides and validates the result.
 * Throws `Failure` with every problem found, in the order of the text.
 */
export async function loadScenario(
  path: string,
  options: LoadOptions = {},
): Promise<LoadedScenario> {
  const placed: PlacedProblem[] = []
  const whole = await readExtended(path, placed)
  return validated(whole, placed, { ...options, file: path })
}

/** The same for a text without a file: it cannot extend one. */
export function parseScenario(text: string, options: TextOptions): LoadedScenario {
  const { root, problems } = parseYamlTree(text, fileOrigin(options.file, 0))
  const placed = [...problems]
  if (root === null || !childOf(root, 'extends')) return validated(root, placed, options)
  const place = placeOf(root, ['extends'], 'key')
  placed.push({
    place,
    path: 'extends',
    text: 'expected a scenario that stands alone, got extends',
  })
  throw failure(placed)
}

type TextOptions = LoadOptions & { readonly file: string }

/** `whole` is null if the text could not be read; `placed` explains why. */
function validated(
  whole: Node | null,
  placed: PlacedProblem[],
  options: TextOptions,
): LoadedScenario {
  if (whole === null) throw failure(placed)
  const laid = applyOverrides(whole, overridesOf(options), placed)
  const root = dropStaleVariantKeys(laid, scenarioSchema)
  const value = plainOf(root)
  const draft = draftOf(root)
  const problems = [...explain(scenarioSchema, value), ...crossCheck(draft)]
  if (placed.length + problems.length > 0) throw failure(placed, problems, root)
  const scenario = resolved(scenarioSchema.parse(value), draft)
  return {
    scenario: deepFreeze(scenario),
    hash: hashOf(scenario),
    file: options.file,
    directory: dirname(options.file),
  }
}

function overridesOf(options: LoadOptions): Override[] {
  const sets = (options.set ?? []).map((text) => ({ label: `--set ${cut(text)}`, text }))
  if (options.seed === undefined) return sets
  return [...sets, { label: `--seed ${options.seed}`, text: `seed=${options.seed}` }]
}

const cut = (text: string) => (text.length > 200 ? `${text.slice(0, 199)}…` : text)

function failure(
  placed: readonly PlacedProblem[],
  problems: readonly Problem[] = [],
  root?: Node,
): Failure {
  return new Failure(problemTexts(placed, problems, root))
}

/** A class with a trace and without `input_tokens` takes the lengths of the trace. */
function resolved(scenario: Scenario, draft: Draft): Scenario {
  const { $schema: _, extends: __, ...rest } = scenario
  const traffic = rest.traffic.map((declared, i) => ({
    ...declared,
    input_tokens: draft.classes[i]?.lengths ?? declared.input_tokens,
  }))
  return { ...rest, traffic }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
