export { batchRoom, mixedLengths, poolCapacity } from './capacity.ts'
export { compareRuns, latenciesOf } from './compare.ts'
export { type FedBack, feedBack, feedbackDifferences } from './feedback.ts'
export {
  CORRELATION_TOLERANCE,
  FIT_TOLERANCE,
  type FitRow,
  LEAST_REPLICATIONS,
  statisticsRows,
  tailRows,
  WIDEST_FACTOR,
} from './fit-check.ts'
export { fitInput, fitScenario, replicationFigures, sampleFigures } from './fit-scenario.ts'
export { generationCapacity } from './generation-capacity.ts'
export { compareArenas, memoryCheck, type ObservedArena } from './memory-check.ts'
export { explained, measuredRanOut, simulatedRanOut } from './ran-out.ts'
export { type Recording, recordedField } from './recorded.ts'
export { type RunParts, runWorld, withMutation } from './run-world.ts'
export {
  executorWork,
  keptReplication,
  recorderOptions,
  runReadingReplication,
  runReplication,
  type SimulationInput,
  stepsOf,
  workOf,
} from './simulate.ts'
export { activationsOf } from './simulated-memory.ts'
export {
  batchesOf,
  type ExecutorWork,
  fieldOf,
  type ObservedRun,
  overheadsOf,
} from './structure.ts'
export { systemCapacity } from './system-capacity.ts'
export { theoryCases } from './theory-cases.ts'
export { cappedAlike } from './theory-generation.ts'
export { judge, simulateCase, type Theory, type TheoryRow } from './theory-judge.ts'
export { theoryInput, theoryRun } from './theory-run.ts'
export { spoiled } from './validity.ts'
export { worst } from './verdicts.ts'
export { type WhatIfRuns, whatIfCheck, whatIfPercentiles } from './what-if.ts'
