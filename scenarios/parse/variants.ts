import { crossCheck, Draft } from '../checks/index.ts'
import { type Scenario, scenarioSchema } from '../schema/schema.ts'
import { dropStaleVariantKeys } from './drop-stale-variant-keys.ts'
import { explain } from './explain.ts'
import { childOf, type Node, type PlacedProblem, plainOf, problemTexts } from './located.ts'
import { applyOverrides, splitOverride } from './override.ts'

/** A named change of a scenario. */
export interface Variant {
  readonly name: string
  /** overrides `path=value`; none for the scenario as it stands */
  readonly set: readonly string[]
}

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
  const named = variantsOf({ variants })
  return {
    variants: named,
    problems: complete === null ? [] : named.flatMap((own) => problemsOf(root, own, complete)),
  }
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
  const changed = complete(overridden)
  const found = [...explain(scenarioSchema, plainOf(changed)), ...crossCheck(new Draft(changed))]
  return placed.length + found.length === 0 ? [] : problemTexts(placed, found, changed)
}

/**
 * Reads `name: path=value; path=value`. A semicolon within quotes or brackets belongs to its value.
 * Returns the reason where it is no variant.
 */
export function parseVariant(text: string): Variant | string {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon)).trim()
  const form = "expected 'name: path=value; path=value'"
  if (colon < 0) return `${form}, got ${JSON.stringify(text)}`
  const named = scenarioSchema.shape.name.safeParse(name)
  if (!named.success) {
    return `${form} with ${named.error.issues[0]!.message}, got the name ${JSON.stringify(name)}`
  }
  const set = parts(text.slice(colon + 1)).filter((part) => part !== '')
  const bad = set.find((part) => splitOverride(part) === null)
  return bad === undefined ? { name, set } : `${form}, got ${JSON.stringify(bad)}`
}

/** The parts between semicolons that stand in no bracket and no quote. */
function parts(text: string): string[] {
  const all = ['']
  let [depth, quote] = [0, '']
  for (const char of text) {
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if ('[{'.includes(char)) depth++
    else if (']}'.includes(char)) depth--
    if (char === ';' && depth === 0 && quote === '') all.push('')
    else all.push(all.pop()! + char)
  }
  return all.map((part) => part.trim())
}
