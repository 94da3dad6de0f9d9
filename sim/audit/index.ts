export { type AuditReport, auditRows } from './audit.ts'
export type { ExecutorChange } from './evidence/absences.ts'
export { exactPowerW, showsEnergy } from './evidence/exact-energy.ts'
export {
  type ExactCalls,
  type ExactPercentiles,
  exactCalls,
  exactPercentiles,
  exactTokenTimes,
} from './evidence/exact-percentiles.ts'
export { exactScatter, showsScatter } from './evidence/exact-scatter.ts'
export type { AuditRows, RequestColumns } from './evidence/raw-rows.ts'
export { Findings, type RuleReport, type Violation } from './findings.ts'
export {
  type AnswerColumns,
  auditGenerated,
  type BelievedBlocks,
  type BlockColumns,
  BlockWitness,
  type GeneratedColumns,
} from './generated.ts'
export { type Promises, promisesOf } from './promises/promises.ts'
