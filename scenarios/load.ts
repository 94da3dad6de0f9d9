import { dirname } from 'node:path'
import { hashOf } from './canonical.ts'
import { crossCheck, type Draft, draftOf } from './checks/index.ts'
import { explain } from './explain.ts'
import { followExtends, readText } from './extend.ts'
import { Failure } from './failure.ts'
import {
  childOf,
  type Node,
  type PlacedProblem,
  type Problem,
  pathText,
  placeOf,
  plainOf,
  problemTexts,
} from './located.ts'
import { withoutOtherKinds } from './other-kind.ts'
import { applyOverrides, type Override } from './override.ts'
import { type Scenario, scenarioSchema } from './schema.ts'
import { fileOrigin, parseYamlTree } from './yaml-tree.ts'

export interface LoadOptions {
  /** `path=value` each, applied in order after `extends` */
  readonly set?: readonly string[] | undefined
  readonly seed?: number | undefined
}

export interface LoadedScenario {
  /** deep frozen, defaults filled in, without `$schema` and `extends` */
  readonly scenario: Scenario
  /** 16 hex digits over the scenario as resolved, file paths as written */
  readonly hash: string
  readonly file: string
  /** where the relative paths of the scenario start */
  readonly directory: string
}

/**
 * Reads a scenario with all that it extends, applies overrides and validates the whole.
 * Throws `Failure` with every problem found, in the order of the text.
 */
export async function loadScenario(
  path: string,
  options: LoadOptions = {},
): Promise<LoadedScenario> {
  const read = readText(path)
  if ('reason' in read) throw new Failure(`${path}: cannot read the scenario: ${read.reason}`)
  return parseScenario(read.text, { ...options, file: path, directory: dirname(path) })
}

/** The same for a text; `extends` needs the directory from which it goes. */
export function parseScenario(text: string, options: TextOptions): LoadedScenario {
  const placed: PlacedProblem[] = []
  const parsed = parseYamlTree(text, fileOrigin(options.file, 0))
  placed.push(...parsed.problems)
  if (!parsed.root) throw failure(placed)
  const whole = inherit(parsed.root, options, placed)
  if (!whole) throw failure(placed)
  const laid = applyOverrides(whole, overridesOf(options), placed)
  const root = withoutOtherKinds(laid, scenarioSchema)
  const value = plainOf(root)
  const draft = draftOf(root)
  const problems = [...explain(scenarioSchema, value), ...crossCheck(draft)]
  placed.push(...problems.map((problem) => placeProblem(problem, root)))
  if (placed.length > 0) throw failure(placed)
  const scenario = resolved(scenarioSchema.parse(value), draft)
  return {
    scenario: deepFreeze(scenario),
    hash: hashOf(scenario),
    file: options.file,
    directory: options.directory ?? dirname(options.file),
  }
}

type TextOptions = LoadOptions & { readonly file: string; readonly directory?: string | undefined }

function inherit(root: Node, options: TextOptions, placed: PlacedProblem[]): Node | null {
  if (options.directory !== undefined) return followExtends(root, options.file, placed)
  if (!childOf(root, 'extends')) return root
  const place = placeOf(root, ['extends'], 'key')
  placed.push({
    place,
    path: 'extends',
    text: 'expected a scenario that stands alone, got extends',
  })
  return null
}

function overridesOf(options: LoadOptions): Override[] {
  const sets = (options.set ?? []).map((text) => ({ label: `--set ${text}`, text }))
  if (options.seed === undefined) return sets
  return [...sets, { label: `--seed ${options.seed}`, text: `seed=${options.seed}` }]
}

function placeProblem({ path, at, text }: Problem, root: Node): PlacedProblem {
  return { place: placeOf(root, path, at), path: pathText(root, path), text }
}

function failure(problems: readonly PlacedProblem[]): Failure {
  return new Failure(problemTexts(problems))
}

/** A class with a trace and no `input_tokens` of its own takes the lengths of the trace. */
function resolved(scenario: Scenario, draft: Draft): Scenario {
  const { $schema: _, extends: __, ...rest } = scenario
  const traffic = rest.traffic.map((own, i) => ({
    ...own,
    input_tokens: draft.classes[i]?.lengths ?? own.input_tokens,
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
