export { type AuditReport, auditRows } from './audit.ts'
export type { ExecutorChange } from './evidence/absences.ts'
export { exactPowerW, showsEnergy } from './evidence/exact-energy.ts'
export {
  type ExactCalls,
  type ExactPercentiles,
  exactCalls,
  exactPercentiles,
} from './evidence/exact-percentiles.ts'
export { exactScatter, showsScatter } from './evidence/exact-scatter.ts'
export type { AuditRows, RequestColumns } from './evidence/raw-rows.ts'
export type { RuleReport, Violation } from './findings.ts'
export { type Promises, promisesOf } from './promises/promises.ts'
