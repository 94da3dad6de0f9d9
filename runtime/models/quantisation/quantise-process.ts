import { serveParent } from '../../process/serve-parent.ts'
import { type QuantisedFile, type QuantiseRequest, quantiseFile } from './quantise-file.ts'

/** Quantises models with ONNX Runtime; its parts are the runs of the calibration that are done. */
serveParent<QuantiseRequest, QuantisedFile, number>(quantiseFile)
