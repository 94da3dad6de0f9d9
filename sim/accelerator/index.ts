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
  fittedCard,
  type MeasuredPass,
  type PassOnCard,
  type PassPrediction,
  predictPass,
  type RooflineFit,
  type RooflineShape,
} from './fit-roofline.ts'
export { type Move, patternSearch } from './pattern-search.ts'
export {
  allReduceMs,
  type Card,
  exchangeMs,
  IDEAL,
  type Link,
  type PassTime,
  passTime,
  type Region,
  regionOf,
} from './roofline.ts'
export {
  expectedExperts,
  kvBytesPerToken,
  parameters,
  type Transformer,
  weightBytes,
} from './transformer.ts'
export { type KernelGroup, type Pass, passWork, totalWork } from './transformer-work.ts'
