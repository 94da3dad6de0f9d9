export { mixedLengths, poolCapacity } from './capacity.ts'
export { compareRuns } from './compare.ts'
export { runWorld } from './run-world.ts'
export {
  executorWork,
  journalOf,
  recorderOptions,
  runReplication,
  type SimulationInput,
  workOf,
} from './simulate.ts'
export { type ExecutorWork, fieldOf, type ObservedRun, overheadsOf } from './structure.ts'
export { theoryCases } from './theory-cases.ts'
export { judge, simulateCase, type Theory, type TheoryRow } from './theory-judge.ts'
export { theoryInput, theoryRun } from './theory-run.ts'
export { spoiled } from './validity.ts'
