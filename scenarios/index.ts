export { nginxReader } from './evidence/access-logs/index.ts'
export { RECORD_FORMATS } from './evidence/formats.ts'
export type { LogFile } from './evidence/log-file.ts'
export { readRequests } from './evidence/read-requests.ts'
export type { RequestLog } from './evidence/request-log.ts'
export type { RecordFormat } from './evidence/request-record.ts'
export { type StatedTable, tableColumns } from './evidence/tables/table-columns.ts'
export { tableFormat } from './evidence/tables/table-format.ts'
export { readTraces } from './evidence/traces/read-traces.ts'
export { EXIT, type ExitCode, exitMeanings, Failure } from './failure.ts'
export { loadAccelerator, shippedAccelerators } from './load/accelerators.ts'
export { filesOpenedBy, isVisible, seeingOnly } from './load/file-access.ts'
export { type LoadedScenario, loadScenario, type ScenarioText, scenarioText } from './load/load.ts'
export { readPoints } from './load/points.ts'
export {
  acceleratorNames,
  findScenario,
  shippedHint,
  shippedNames,
  shippedText,
} from './load/shipped.ts'
export { starterScenario } from './load/starter.ts'
export { openUserFile, readUserFile, Unreadable, userFilePieces } from './load/user-file.ts'
export type { MeasurementColumns } from './measurements/measured-keys.ts'
export { type MeasuredRow, readMeasurements } from './measurements/measured-rows.ts'
export { parseAccelerator } from './parse/accelerator.ts'
export { scenarioChanges } from './parse/changes.ts'
export { describeValue, shortened } from './parse/describe-value.ts'
export {
  type Dimension,
  gridPoint,
  gridSize,
  MOST_CONFIGURATIONS,
  MOST_SHARDS,
  parseDimension,
} from './parse/dimensions.ts'
export { nearest, nearNames } from './parse/nearest.ts'
export type { Variant } from './parse/option-values.ts'
export { parseKeptScenario, parseScenario } from './parse/parse.ts'
export type { Uncertain } from './parse/uncertain-inputs.ts'
export { variantChanges } from './parse/variant-changes.ts'
export { hashOf } from './schema/canonical.ts'
export { className } from './schema/class-name.ts'
export { clientSide, isServed, isStreamed } from './schema/client-side.ts'
export {
  acceleratorJsonSchema,
  inlineScenarioSchema,
  scenarioJsonSchema,
} from './schema/json-schema.ts'
export { modelKey, modelLabel } from './schema/model-key.ts'
export { isTimed, type Objective, parseObjective } from './schema/objective.ts'
export { listedPrices, replicaPrice } from './schema/pool-accelerator.ts'
export {
  arrivalParts,
  type Batching,
  type Model,
  type Pool,
  type Precision,
  type Router,
  type Routing,
  type Scenario,
  scenarioSchema,
  servesBatches,
  type TensorType,
  type TrafficClass,
  tensorTypes,
  type Work,
} from './schema/schema.ts'
export {
  type Accelerator,
  type AcceleratorFigure,
  type AcceleratorPrecision,
  type AcceleratorPrice,
  acceleratorPrecisions,
  confidences,
} from './schema/schema-accelerator.ts'
export { type ModelInput, onnxFileOf } from './schema/schema-onnx.ts'
export { PLAIN_VOCABULARY } from './schema/schema-target.ts'
export {
  type BuiltinDecoder,
  isBuiltinDecoder,
  isOnnxDecoder,
  isTransformer,
  type OnnxDecoder,
} from './schema/takes-length.ts'
export { isHeaderText, variablesIn, withVariables } from './schema/target-headers.ts'
export { MOST_INPUTS } from './schema/uncertain.ts'
export type { ClassValues } from './trace/class-values.ts'
export { type RecordedClient, readServegen } from './trace/servegen.ts'
export {
  readTrace,
  surveyTrace,
  type TraceRows,
  type TraceSurvey,
  tracePieces,
} from './trace/trace.ts'
export { guessTrace, NotGuessed } from './trace/trace-guess.ts'
export type { TraceRun } from './trace/trace-order.ts'
export { decodeParquet } from './trace/trace-parquet.ts'
export type { TraceArrivals, TracePiece } from './trace/trace-piece.ts'
export { TraceReading } from './trace/trace-reading.ts'
export { visible, visibleJson, visibleLine } from './visible.ts'
