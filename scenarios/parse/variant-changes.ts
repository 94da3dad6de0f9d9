import { canonicalJson } from '../schema/canonical.ts'
import { nameOf, scenarioValues } from '../schema/scenario-values.ts'
import type { Scenario } from '../schema/schema.ts'
import { isMap } from '../schema/schema-walk.ts'
import { LABELS } from './changes.ts'
import { plainOf } from './located.ts'
import { splitOverride } from './option-values.ts'
import { parseYamlTree } from './yaml-tree.ts'

/** A scenario with the overrides of a variant, and these overrides. */
interface VariantSide {
  readonly scenario: Scenario
  /** `path=value` each */
  readonly set: readonly string[]
}

/** A value that a variant states. */
interface Stated {
  /** with names in place of numbers */
  readonly path: string
  readonly value: unknown
}

/** Keys that name the kind of a map; its other keys depend on it. */
const KINDS = ['policy', 'process', 'distribution', 'law', 'controller', 'discipline', 'builtin']

/**
 * What differs between two variants, as `scenarioChanges` gives it, without what their authors did
 * not state: of a new kind, such as another policy, its name and the values that one of the two
 * variants gives are shown, and those that the schema fills in or drops are not.
 */
export function variantChanges(before: VariantSide, after: VariantSide): string[] {
  const sides = [before, after].map(({ scenario, set }) => ({
    scenario,
    stated: set.flatMap((text) => statedBy(text, scenario)),
  }))
  const stated = sides.flatMap((side) => side.stated)
  const [a, b] = sides.map((side) => valuesOf(side.scenario, side.stated, stated))
  const changed = [...new Set([...a!.keys(), ...b!.keys()])].filter(
    (path) => !LABELS.includes(path) && a!.get(path) !== b!.get(path),
  )
  const shown = new Set(stated.flatMap((value) => shownOf(value, changed)))
  const all = changed.filter((path) => shown.has(path))
  return all
    .filter((path) => !isSourceOfAnother(path, all))
    .map((path) => `${path}: ${a!.get(path) ?? 'none'} → ${b!.get(path) ?? 'none'}`)
}

const SOURCE_KEYS = /\.(?:fitted\..*|alternatives)$/

/**
 * Whether a path says where a fit was made, or which laws fit as well, beside a value of that fit
 * which has changed, too.
 */
function isSourceOfAnother(path: string, changed: readonly string[]): boolean {
  const [sourceKeys] = SOURCE_KEYS.exec(path) ?? []
  if (sourceKeys === undefined) return false
  const fit = path.slice(0, -sourceKeys.length)
  return changed.some((of) => of.startsWith(`${fit}.`) && !SOURCE_KEYS.test(of))
}

const isWithin = (path: string, of: string) => path === of || path.startsWith(`${of}.`)

/** The changed paths of what was stated; all below a value that is neither a map nor a kind. */
function shownOf({ path: of, value }: Stated, changed: readonly string[]): string[] {
  const near = changed.filter((path) => isWithin(path, of))
  const exact = near.filter((path) => isStated(path.slice(of.length + 1), value))
  return exact.length > 0 ? exact : near
}

function isStated(path: string, value: unknown): boolean {
  if (path === '') return true
  if (!isMap(value)) return KINDS.includes(path)
  // names of pools and classes may have dots, so a key can be several steps
  return Object.entries(value).some(
    ([key, inner]) => isWithin(path, key) && isStated(path.slice(key.length + 1), inner),
  )
}

/**
 * The values of a scenario by their paths. A list without names is one value: as its variant states
 * it, or, where one of both variants changes a part of it, only this part. `stated`: by this
 * variant, `byBoth`: by it and the other.
 */
function valuesOf(
  scenario: Scenario,
  stated: readonly Stated[],
  byBoth: readonly Stated[],
): Map<string, string> {
  const values = new Map<string, string>()
  for (const { path, text } of scenarioValues(scenario)) {
    const inside = byBoth.filter((part) => part.path.startsWith(`${path}.`))
    const whole = stated.find((list) => list.path === path && Array.isArray(list.value))
    if (inside.length === 0) values.set(path, whole ? canonicalJson(whole.value) : text)
    for (const part of inside) {
      const value = valueAt(scenario, part.path.split('.'))
      if (value !== undefined) values.set(part.path, canonicalJson(value))
    }
  }
  return values
}

/** The value of an override, and where the kinds of what its path lies in are. */
function statedBy(text: string, scenario: Scenario): Stated[] {
  const split = splitOverride(text)
  if (split === null) return []
  const { root } = parseYamlTree(split.value, () => ({ label: '', rank: 0, names: '' }))
  const steps = namedSteps(split.steps, scenario)
  const kinds = steps
    .slice(1)
    .flatMap((_, i) => KINDS.map((kind) => [...steps.slice(0, i + 1), kind].join('.')))
  return [
    { path: steps.join('.'), value: root === null ? null : plainOf(root) },
    ...kinds.map((path) => ({ path, value: null })),
  ]
}

/** A path with the names of pools and classes in place of their numbers. */
function namedSteps(steps: readonly string[], scenario: Scenario): string[] {
  let value: unknown = scenario
  return steps.map((step) => {
    const name = Array.isArray(value) ? nameOf(value[Number(step)]) : null
    value = stepInto(value, step)
    return name ?? step
  })
}

const valueAt = (scenario: Scenario, steps: readonly string[]) =>
  steps.reduce<unknown>(stepInto, scenario)

function stepInto(value: unknown, step: string): unknown {
  if (Array.isArray(value))
    return value.find((item) => nameOf(item) === step) ?? value[Number(step)]
  return isMap(value) ? value[step] : undefined
}
