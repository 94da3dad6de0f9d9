export { calibrateModels } from './calibrate.ts'
export { calibrateLoads } from './calibrate-loads.ts'
export type { CalibrationTask } from './calibration.ts'
export { sizeGrid } from './script-plan.ts'
