export { blockRatioCoverage, type DriftingBlocks } from './block-ratio-coverage.ts'
export { dynamicBatching } from './dynamic-batching.ts'
export { ekm1MeanWait, ekm1WaitShare } from './ekm1.ts'
export { erlangB, erlangC, mmcMeanSojourn, mmcMeanWait } from './erlang.ts'
export { erlangA } from './erlang-a.ts'
export {
  forkJoinMostSojourn,
  forkJoinPairMeanSojourn,
  longestMean,
  longestQuantile,
} from './fork-join.ts'
export { guardChannelBlocking } from './guard-channels.ts'
export {
  autoregressiveMean,
  type CoverageModel,
  intervalCoverage,
  lognormalFigures,
  mm1Sojourn,
} from './interval-coverage.ts'
export { Md1Wait } from './md1-wait.ts'
export { md1kBlocking } from './md1k.ts'
export { type Mg1, md1MeanWait, mg1MeanWait, mg1SetUpMeanWait } from './mg1.ts'
export { mm1MeanSojourn, mm1MeanWait, mm1SojournQuantile } from './mm1.ts'
export { mmck } from './mmck.ts'
export { mmppM1, mmppM1SojournQuantiles } from './mmpp-m1.ts'
export { powerOfTwoMeanWait, powerOfTwoTail } from './power-of-two.ts'
export { cobhamMeanWaits, conservedWait, preemptiveMeanSojourns } from './priority.ts'
export { sharedProcessorMeanSojourns } from './shared-processor.ts'
export { type TokenSharing, tokenSharingMeanSojourn } from './token-sharing.ts'
