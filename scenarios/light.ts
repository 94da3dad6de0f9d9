/**
 * The second door of this folder: what a command line needs before it reads a scenario. It loads
 * neither Zod nor YAML, so help and most refusals start in a blink.
 */

export { TABLE_COLUMNS } from './evidence/tables/table-names.ts'
export { EXIT, type ExitCode, Failure } from './failure.ts'
export {
  acceleratorNames,
  expectScenario,
  shippedNames,
} from './load/shipped.ts'
export { measuredKeys } from './measurements/measured-keys.ts'
export { shortened } from './parse/describe-value.ts'
export {
  type Dimension,
  gridSize,
  MOST_CONFIGURATIONS,
  MOST_SHARDS,
  parseDimension,
} from './parse/dimensions.ts'
export { hasFewValues } from './parse/json-size.ts'
export { nearest } from './parse/nearest.ts'
export { parseVariant, splitOverride, type Variant } from './parse/option-values.ts'
export { nameProblem } from './schema/name-rule.ts'
export { visible, visibleLine } from './visible.ts'
