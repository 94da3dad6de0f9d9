import { serveParent } from '../../process/serve-parent.ts'
import { quantiseFile } from './quantise-file.ts'
import type { QuantisedFile, QuantiseRequest } from './quantised-file.ts'

/** Quantises models with ONNX Runtime; its parts are the runs of the calibration that are done. */
serveParent<QuantiseRequest, QuantisedFile, number>(quantiseFile)
