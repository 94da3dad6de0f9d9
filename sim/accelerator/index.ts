export { type BatchCurve, type BatchPoint, type CurveReading, readCurve } from './batch-curve.ts'
export {
  type ErrorQuartiles,
  errorsOn,
  FITTED_ERRORS,
  USUAL_ERRORS,
} from './card-errors.ts'
export {
  cellCount,
  chooseShape,
  type Efficiencies,
  efficienciesOf,
  isOpen,
  SHAPE_NAMES,
  type ShapeTrial,
  tryShape,
  withEfficiencies,
} from './choose-shape.ts'
export { type Constant, type Origin, uncalibrated } from './constant.ts'
export { carbonG, type Grid, usdPerMillion } from './cost.ts'
export {
  type CrossValidation,
  crossValidate,
  errorsByRegion,
  type HeldOut,
  type HeldOutErrors,
  heldOutErrors,
} from './cross-validation.ts'
export {
  fitRoofline,
  type MeasuredPass,
  type PassOnCard,
  type PassPrediction,
  predictPass,
  type RooflineFit,
  type RooflineShape,
} from './fit-roofline.ts'
export {
  advance,
  capacityOf,
  type DeviceHeat,
  msUntilTemperature,
  type RackHeat,
  type RackTemperatures,
  steadyTemperatures,
  timeConstantMs,
} from './heat.ts'
export { type Move, patternSearch } from './pattern-search.ts'
export {
  type Activity,
  type BusyPhase,
  type PoweredStep,
  type PowerModel,
  type PowerReading,
  powerByUse,
  powerOf,
  requestEnergyJ,
  stepEnergyJ,
  tokenEnergyJ,
} from './power.ts'
export {
  CAP_VARIABLES,
  type CapCurve,
  type CappedLoad,
  type CapReading,
  type CapRow,
  type CapVariable,
  capErrors,
  cappedPowerW,
  capShare,
  fitCap,
  slowdownOf,
  TRAINING_CAP,
} from './power-cap.ts'
export { type ResampledFit, resampledFit } from './resampled-fits.ts'
export {
  exchangeMs,
  IDEAL,
  type Link,
  type PassTime,
  passTime,
  type Region,
  type RooflineCard,
  regionOf,
} from './roofline.ts'
export {
  boundsOf,
  clockAt,
  levelAt,
  nextThrottle,
  type Throttle,
  type ThrottleChange,
  type ThrottleLevel,
  type ThrottleStep,
} from './throttle.ts'
export {
  kvBytesPerToken,
  type Transformer,
  weightBytes,
} from './transformer.ts'
export { type KernelGroup, type Pass, passWork, totalWork } from './transformer-work.ts'
