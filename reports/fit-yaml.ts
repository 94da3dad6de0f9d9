import { Document, isMap, isScalar, isSeq, visit } from 'yaml'
import { visibleJson, visibleLine } from '../scenarios/index.ts'
import type { Fit } from '../sim/documents/index.ts'

type PrecisionFit = Fit['fits'][number]
type Residual = PrecisionFit['residual']

/**
 * The fitted keys of the work of a model, ready for a scenario, without the laws that fit as well:
 * these are many.
 */
export function fittedKeysYaml({ efficiency, residual }: PrecisionFit): string {
  const { alternatives: _, ...values } = efficiency
  return yamlOf({ efficiency: values, ...residualKeys(residual, false) }).trimEnd()
}

/** An unknown residual leaves what the scenario states. */
function residualKeys({ from, cv, slow }: Residual, statesSlow: boolean): object {
  if (from === null) return {}
  return { cv, ...(slow !== null ? { slow } : statesSlow ? { slow: null } : {}) }
}

/** The scenario that a fit is for. */
interface FittedScenario {
  /** its path or name, as a file beside the fit extends it */
  readonly base: string
  /** what it states of `efficiency` */
  readonly stated: object | undefined
  /** whether it states `slow` */
  readonly statesSlow: boolean
}

/** A scenario that extends another one with the fit at the precision of the pool. */
export function fittedScenarioYaml(
  { model, fits, command }: Fit,
  { base, stated, statesSlow }: FittedScenario,
): string {
  const ofPool = fits.find(({ of_pool }) => of_pool)!
  const efficiency = overriding(ofPool.efficiency, stated ?? {})
  const work = { efficiency, ...residualKeys(ofPool.residual, statesSlow) }
  return `# ${visibleLine(command)}\n${yamlOf({ extends: base, models: { [model]: { work } } })}`
}

/** Values that the fit does not have are removed by a null, as one that it overrides. */
function overriding(ofPool: object, stated: object): object {
  const merged = new Map<string, unknown>(Object.entries(ofPool))
  for (const [key, below] of Object.entries(stated)) {
    const value = merged.get(key)
    // it has a default, which is written in place of what it overrides
    if (key === 'saturation_tokens') merged.set(key, value ?? 0)
    else if (below !== undefined && value === undefined) merged.set(key, null)
    else if (key === 'fitted') merged.set(key, overriding(value as object, below))
  }
  return Object.fromEntries(merged)
}

/**
 * Block style, but what the values were fitted to stands on one line, and so does each law that
 * fits as well. Hidden characters, such as those in the name of a file, are escaped.
 */
function yamlOf(value: object): string {
  const document = new Document(value)
  visit(document, {
    Pair: (_, { key, value: inner }) => {
      if (!isScalar(key)) return
      if (key.value === 'fitted' && isMap(inner)) inner.flow = true
      if (key.value !== 'alternatives' || !isSeq(inner)) return
      for (const law of inner.items) if (isMap(law)) law.flow = true
    },
    Scalar: (_, scalar) => {
      const text = scalar.value
      if (typeof text === 'string' && visibleLine(text) !== text) scalar.type = 'QUOTE_DOUBLE'
    },
  })
  return visibleJson(document.toString({ lineWidth: 0 }))
}
