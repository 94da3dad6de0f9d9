import { crossCheck, Draft } from '../checks/index.ts'
import { type Scenario, scenarioSchema } from '../schema/schema.ts'
import { dropStaleVariantKeys } from './drop-stale-variant-keys.ts'
import { childOf, type Node, type PlacedProblem, plainOf, problemTexts } from './located.ts'
import type { Variant } from './option-values.ts'
import { applyOverrides } from './override.ts'
import { scenarioProblems } from './scenario-problems.ts'
import { uncertainInputs } from './uncertain-inputs.ts'
import {
  withoutReplacedWidths,
  withoutStaleLaws,
  withUncertainNumbers,
} from './uncertain-numbers.ts'

/** The variants that a scenario has under `variants`, in the order of the file. */
function variantsOf({ variants = {} }: Pick<Scenario, 'variants'>): Variant[] {
  return Object.entries(variants).map(([name, values]) => ({
    name,
    // JSON is YAML, so a value has the type that it has in the file
    set: Object.entries(values).map(([path, value]) => `${path}=${JSON.stringify(value)}`),
  }))
}

/**
 * The variants of a scenario that was read, and what is wrong with them: each is tried, unless
 * `complete` is null.
 */
export function triedVariants(
  root: Node,
  complete: ((changed: Node) => Node) | null,
): {
  readonly variants: readonly Variant[]
  readonly problems: readonly string[]
} {
  if (childOf(root, 'variants') === undefined) return { variants: [], problems: [] }
  const { variants } = plainOf(root) as Pick<Scenario, 'variants'>
  const tried = variantsOf({ variants })
  const problems =
    complete === null ? [] : tried.flatMap((variant) => problemsOf(root, variant, complete))
  return { variants: tried, problems }
}

function problemsOf(
  root: Node,
  { name, set }: Variant,
  complete: (changed: Node) => Node,
): string[] {
  const placed: PlacedProblem[] = []
  const overrides = set.map((text) => ({ label: `variants.${name}: ${text.slice(0, 200)}`, text }))
  const over = applyOverrides(root, overrides, placed, true)
  const overridden = dropStaleVariantKeys(over, scenarioSchema)
  const stated = withoutStaleLaws(withoutReplacedWidths(root, overridden))
  const changed = complete(withUncertainNumbers(stated, placed))
  const invalid = [
    ...scenarioProblems(plainOf(changed)),
    ...crossCheck(new Draft(changed)),
    ...uncertainInputs(changed).problems,
  ]
  return placed.length + invalid.length === 0 ? [] : problemTexts(placed, invalid, changed)
}
