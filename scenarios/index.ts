export { arrivalParts } from './arrival-parts.ts'
export { hashOf } from './canonical.ts'
export { scenarioChanges } from './changes.ts'
export { EXIT, type ExitCode, Failure } from './failure.ts'
export { scenarioJsonSchema } from './json-schema.ts'
export { parseKeptScenario } from './kept-scenario.ts'
export { type LoadedScenario, type LoadOptions, loadScenario, parseScenario } from './load.ts'
export { modelKey, modelLabel } from './model-key.ts'
export { nearest } from './nearest.ts'
export { type Objective, parseObjective } from './objective.ts'
export { splitOverride } from './override.ts'
export {
  type Arrivals,
  type Batching,
  type Duration,
  type Lengths,
  type Model,
  type Pool,
  type Precision,
  type Routing,
  type Scenario,
  scenarioSchema,
  type TrafficClass,
  type Work,
} from './schema.ts'
export { type RecordedClient, readServegen } from './servegen.ts'
export { starterScenario } from './starter.ts'
export {
  readTrace,
  surveyTrace,
  type TraceArrivals,
  type TracePiece,
  type TraceRows,
  type TraceSurvey,
  tracePieces,
} from './trace.ts'
export { guessTrace } from './trace-format.ts'
export { decodeParquet } from './trace-parquet.ts'
export { TraceReading } from './trace-reading.ts'
export { readUserFile, Unreadable, userFilePieces } from './user-file.ts'
export { visible, visibleJson, visibleLine } from './visible.ts'
