import { EXIT, Failure, type Variant } from '../../../scenarios/index.ts'
import {
  type Prepared,
  type PrepareOptions,
  prepare,
  profileForAll,
  resolveSystem,
  type System,
} from '../prepare.ts'

export interface NamedSystem extends Variant {
  readonly system: System
}

/** A scenario as it stands, and its variants; the others are compared with the first. */
export interface LoadedVariants {
  readonly base: Prepared
  readonly variants: readonly NamedSystem[]
}

export interface LoadVariantsOptions extends PrepareOptions {
  /** beside those of the scenario; one of the same name takes its place */
  readonly variants?: readonly Variant[]
  readonly profile?: string | undefined
}

/** More are no longer told apart in a chart. */
const MOST_VARIANTS = 8
/** Of the scenario as it stands, where only one variant is given. */
const AS_IT_STANDS = 'as-it-stands'

/**
 * Loads a scenario with every variant, all with one profile. A single variant is compared with the
 * scenario as it stands. Throws `Failure`.
 */
export async function loadVariants(
  path: string,
  { variants = [], profile: file, ...options }: LoadVariantsOptions = {},
): Promise<LoadedVariants> {
  const twice = variants.find(({ name }, i) =>
    variants.slice(0, i).some((earlier) => earlier.name === name),
  )
  if (twice !== undefined) {
    throw new Failure(`--variant ${twice.name}: is given twice; name each once`, EXIT.usage)
  }
  const base = await prepare(path, options)
  const declared = base.variants.map(
    (variant) => variants.find(({ name }) => name === variant.name) ?? variant,
  )
  const named = [...declared, ...variants.filter((variant) => !declared.includes(variant))]
  if (named.length === 0) {
    const how = "add variants: to it, or --variant 'name: path=value; path=value'"
    throw new Failure(`${path}: has no variants; ${how}`, EXIT.usage)
  }
  if (named.length > MOST_VARIANTS) {
    const text = `has ${named.length} variants, at most ${MOST_VARIANTS}; a sweep takes more`
    throw new Failure(`${path}: ${text}`, EXIT.usage)
  }
  const all = named.length === 1 ? [{ name: AS_IT_STANDS, set: [] }, ...named] : named
  const prepared: Prepared[] = []
  for (const variant of all) {
    try {
      prepared.push(await prepare(path, { ...options, asVariant: variant }))
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error
      const problems = error.problems.map((text) => `variant ${variant.name}: ${text}`)
      throw new Failure(problems, error.exitCode)
    }
  }
  const profile = await profileForAll(prepared, file)
  return {
    base,
    variants: all.map((variant, i) => ({
      ...variant,
      system: resolveSystem(prepared[i]!, profile),
    })),
  }
}
