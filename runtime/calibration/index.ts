export { calibrateModels } from './calibrate.ts'
export type { CalibrationTask } from './calibration.ts'
export { sizeGrid } from './script-plan.ts'
