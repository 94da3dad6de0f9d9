export {
  type DynamicBatching,
  type DynamicBatchingFigures,
  dynamicBatching,
  type UnlimitedBatching,
} from './dynamic-batching.ts'
export { type Ekm1, ekm1MeanWait, ekm1WaitShare } from './ekm1.ts'
export {
  erlangB,
  erlangC,
  type Mmc,
  mmcMeanSojourn,
  mmcMeanWait,
} from './erlang.ts'
export { type ErlangA, type ErlangAFigures, erlangA } from './erlang-a.ts'
export {
  forkJoinMostSojourn,
  forkJoinPairMeanSojourn,
  longestMean,
  longestQuantile,
} from './fork-join.ts'
export { type GuardChannels, guardChannelBlocking } from './guard-channels.ts'
export {
  autoregressiveMean,
  type CoverageModel,
  intervalCoverage,
  mm1Sojourn,
} from './interval-coverage.ts'
export { Md1Wait } from './md1-wait.ts'
export { type Md1k, md1kBlocking } from './md1k.ts'
export {
  type Md1,
  type Mg1,
  md1MeanWait,
  mg1MeanWait,
  mg1SetUpMeanWait,
  type SetUp,
} from './mg1.ts'
export {
  type Mm1,
  mm1MeanSojourn,
  mm1MeanWait,
  mm1SojournQuantile,
} from './mm1.ts'
export { type Mmck, type MmckFigures, mmck } from './mmck.ts'
export { type MmppM1, type MmppM1Figures, mmppM1 } from './mmpp-m1.ts'
export {
  cobhamMeanWaits,
  conservedWait,
  type PriorityClass,
  preemptiveMeanSojourns,
} from './priority.ts'
export { type TokenSharing, tokenSharingMeanSojourn } from './token-sharing.ts'
