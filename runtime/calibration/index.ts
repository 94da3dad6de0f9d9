export { calibrateModel } from './calibrate.ts'
export { sizeGrid } from './script-plan.ts'
