export { apartByLength } from './blame/apart-by-length.ts'
export { type Blame, blameOf } from './blame/blame.ts'
export { blameLimits } from './blame/blame-limits.ts'
export {
  type Bottleneck,
  bottleneckName,
  bottleneckOf,
  type FirstTokens,
  firstTokensOf,
} from './blame/bottleneck.ts'
export { keptSteps } from './blame/kept-steps.ts'
export { type NewValue, type NextChange, nextChanges, overrideText } from './blame/next-changes.ts'
export { poolCapacity } from './capacity/capacity.ts'
export {
  type Block,
  blocksOf,
  controlOf,
  driftBy,
  type MeasureOfSides,
  ratiosOfBlocks,
  roundsOf,
} from './comparison/blocks.ts'
export { changedSpeed, unrelatedSpeed } from './comparison/changed-speed.ts'
export {
  compareRuns,
  disturbedProfile,
  runPercentiles,
  simulatedPercentiles,
} from './comparison/compare.ts'
export { type EngineEvents, withEngines } from './comparison/engine-runs.ts'
export { feedBack, feedbackDifferences, watchAgain } from './comparison/feedback.ts'
export {
  type IdleChange,
  type IdlePass,
  idleChange,
  idleCosts,
  idlePasses,
} from './comparison/idle-cost.ts'
export { endFactors } from './comparison/joint-interval.ts'
export { latenciesOf } from './comparison/latencies.ts'
export { machineChange, type PredictedChange } from './comparison/machine-change.ts'
export { measuredPools, scaledInput } from './comparison/measured-pools.ts'
export {
  firstTokenDelays,
  type Measure,
  measuresOf,
  percentilesBy,
} from './comparison/measures.ts'
export { compareArenas, memoryCheck } from './comparison/memory-check.ts'
export { recordingsOf } from './comparison/next-run.ts'
export { overheadsOf } from './comparison/observed-overheads.ts'
export {
  batchesOf,
  type ControlReading,
  type IdleProbe,
  type ObservedRun,
  type ProbedBatch,
} from './comparison/observed-run.ts'
export { type Recording, recordedFields } from './comparison/recorded.ts'
export { elasticityOf } from './comparison/saturation.ts'
export {
  balancedOrders,
  inSlices,
  pausesOf,
  playingOrders,
  roundOrders,
  type Slicing,
  slicingOf,
} from './comparison/slicing.ts'
export { stepWindowOf } from './comparison/step-window.ts'
export { type ExecutorWork, fieldOf } from './comparison/structure.ts'
export { besideInputs, speedWidth, uncertainSpeeds } from './comparison/uncertain-speeds.ts'
export { countedRuns, notCounted, spoiledAsWhole } from './comparison/validity.ts'
export {
  isIllConditioned,
  jointError,
  measuredErrors,
  type SpeedDoubt,
  type WhatIfFigures,
  whatIfCheck,
  whatIfFigures,
  whatIfTolerance,
  withElasticities,
  withSpeedDoubt,
} from './comparison/what-if.ts'
export { configurationRow } from './configuration/configuration-row.ts'
export { hourlyCost } from './configuration/cost.ts'
export { leastReplicas } from './configuration/paid-replicas.ts'
export {
  type LostFigures,
  overallFigures,
  type RunFigures,
  runFigures,
} from './configuration/run-figures.ts'
export { SweepSummary, sweepFigure } from './configuration/sweep-summary.ts'
export {
  type ImportedScenario,
  importedScenario,
  TRACE_FILE,
  type TraceColumn,
} from './evidence/imported-scenario.ts'
export { arrivalsOf, type Coverage, spanMs, WHOLE } from './evidence/recorded-requests.ts'
export { recordedTimes } from './evidence/recorded-times.ts'
export { SPEED, SPEED_WIDTH, shortened, widthText } from './evidence/stated-value.ts'
export { memoryResult } from './figures/memory.ts'
export {
  type JudgedRunSummary,
  type RecordsRun,
  type RunSummary,
  recordJudged,
  recordRun,
} from './figures/run-summary.ts'
export { undetectedWarnings } from './figures/undetected.ts'
export {
  type FitPlace,
  type FittedRow,
  precisionFit,
} from './fit/efficiency-fit.ts'
export {
  type FitRow,
  statisticsRows,
  tailRows,
} from './fit/fit-check.ts'
export { fitInput, fitScenario, replicationFigures, sampleFigures } from './fit/fit-scenario.ts'
export { type SpreadCell, spreadOf } from './fit/residual-cells.ts'
export type { Figure } from './fit/residual-figures.ts'
export { chooseResidual, type HeldOutRatio, tryResiduals } from './fit/residual-fit.ts'
export { carried } from './gate/carried.ts'
export {
  CONFIRMATION,
  decide,
  GateRule,
  LOOKS,
  lookLevel,
  type MetricDecision,
  ratioInterval,
  runGate,
} from './gate/decision.ts'
export type { DrawnSide, GateDraws } from './gate/drawn-changes.ts'
export { baselineEntry, metricLabel, type SimulatedFigures } from './gate/gate-figures.ts'
export { type HeadAlone, newCase, unlistedCase } from './gate/new-scenario.ts'
export { isSameFigure, notComparable, percentText, predictionCase } from './gate/prediction.ts'
export {
  busiestShares,
  type GateSide,
  type GateSlicing,
  type MeasuredBlock,
  type RoundStalls,
  roundBlocks,
} from './gate/round-blocks.ts'
export { syntheticGates } from './gate/synthetic-gates.ts'
export { withoutOthers } from './gate/without-others.ts'
export { withoutStalls } from './gate/without-stalls.ts'
export { searchDraws } from './plan/draw-search.ts'
export type { DrawnCandidate, DrawsFound } from './plan/draw-task.ts'
export { lossesOf, placesOf, type Survive } from './plan/losses.ts'
export { byNearness } from './plan/nearest-miss.ts'
export { type Candidate, chainsOf } from './plan/plan-chains.ts'
export { costsDiffer, paidHours } from './plan/plan-costs.ts'
export { planRow } from './plan/plan-row.ts'
export { byCost, searchPlan } from './plan/plan-search.ts'
export {
  type Ask,
  type JudgedRun,
  judgedOn,
  type PlanFound,
  type PlanTask,
  type Tried,
  withoutSlower,
} from './plan/plan-task.ts'
export {
  type Looks,
  looksUpTo,
  type StatedObjective,
  statedObjectives,
  tooFewRequests,
} from './plan/plan-verdict.ts'
export { runDoubts } from './plan/run-doubts.ts'
export { nextLook, precisionOf } from './precision/precision.ts'
export { busyEngineWarnings } from './result/busy-engines.ts'
export { costFigure, objectiveFigures, verdictOf } from './result/objectives.ts'
export { withRegret } from './result/regret-result.ts'
export { replaysResult } from './result/replays-result.ts'
export { resultOf, simulatedResult } from './result/result.ts'
export { serviceError } from './result/service-error.ts'
export { tooShort } from './result/short-runs.ts'
export { agreement, stabilityOf } from './result/stability.ts'
export { statedResidual } from './result/stated-residual.ts'
export { uncalibratedWarnings } from './result/uncalibrated.ts'
export { poolOracles } from './scaling/pool-oracle.ts'
export { neededAt, type ReplicaRate } from './scaling/replica-rates.ts'
export { ASSUMED_EFFICIENCY } from './simulation/accelerator-card.ts'
export {
  type CausedFailures,
  causedFailures,
  failureDraws,
  mayBeLost,
  registersAnew,
} from './simulation/failure-plan.ts'
export { executorWork } from './simulation/hardware.ts'
export { mayRepeat } from './simulation/may-repeat.ts'
export { decoderPass, encoderPass } from './simulation/measured-pass.ts'
export { explained, measuredRanOut, simulatedRanOut } from './simulation/ran-out.ts'
export { type RunParts, runWorld, withMutation } from './simulation/run-world.ts'
export {
  keptReplication,
  keptReplicationInPieces,
  readingReplication,
  recordedReplication,
  runReplication,
} from './simulation/simulate.ts'
export {
  decoderSteps,
  encoderWork,
  type TransformerWork,
} from './simulation/transformer-times.ts'
export { clientSystem } from './system/client-system.ts'
export { CROWD_REMEDY, grouped, refuseCrowd } from './system/crowd.ts'
export { hasModels, hasSwappableModel, modelProfiles } from './system/model-profiles.ts'
export { withTraffic } from './system/more-traffic.ts'
export { type PreparedScenario, withoutFiles } from './system/prepared-scenario.ts'
export { loadOf, poolsToCalibrate, type Resolved, resolveSystem } from './system/resolve.ts'
export { withLengths } from './system/scaled-lengths.ts'
export { withDeclaredSpeed, withMeasuredSpeed } from './system/scaled-speed.ts'
export { type SimulationInput, simulationInput } from './system/simulation-input.ts'
export {
  declaredOf,
  fittedOf,
  transferWarnings,
} from './transfer/transfer.ts'
export {
  type Change,
  changesKey,
  TRANSFER_WIDTHS,
  type TransferWidth,
} from './transfer/transfer-widths.ts'
export { slowestScenario } from './transfer/transferred-verdicts.ts'
export { commonInputs } from './uncertainty/common-inputs.ts'
export { constantNotes } from './uncertainty/constant-inputs.ts'
export {
  type DrawnInputs,
  drawInputs,
  drawnInputs,
} from './uncertainty/drawn-inputs.ts'
export { holdingOf } from './uncertainty/holding.ts'
export { type PairedInputs, pairedInputs } from './uncertainty/paired-inputs.ts'
export {
  type MeasuredDraw,
  profileNotes,
  withMeasuredDraws,
} from './uncertainty/profile-inputs.ts'
export { idleHalfWidth, occasionsOf, speedHalfWidth } from './uncertainty/profile-width.ts'
export { sourceNotes } from './uncertainty/source-inputs.ts'
export { type TrafficDraw, withTrafficDraws } from './uncertainty/traffic-inputs.ts'
export type { DrawnRuns } from './uncertainty/uncertain-figures.ts'
export { withSourceInputs } from './uncertainty/with-source-inputs.ts'
export {
  type Drawn,
  describedInput,
  needsMoreDraws,
  objectivesWithUncertainty,
  withInputs,
  withUncertainty,
} from './uncertainty/with-uncertainty.ts'
export { theoryCases } from './validation/theory-cases.ts'
export { cappedAlike } from './validation/theory-generation.ts'
export {
  judge,
  simulateCase,
  type Theory,
  type TheoryCase,
  type TheoryRow,
} from './validation/theory-judge.ts'
export { theoryRun } from './validation/theory-run.ts'
export { theoryCase } from './validation/theory-scenario.ts'
export { measuredRatios } from './variants/measured-ratios.ts'
export {
  pairedRatios,
  pairedWithTtft,
  type TtftMetric,
  variantFigures,
} from './variants/variant-figures.ts'
export { variantResources } from './variants/variant-resources.ts'
export { type DrawnVariant, variantsWithInputs } from './variants/variants-with-inputs.ts'
