/** The only module that loads ONNX Runtime, which opens its first session without reports. */
import { sendNothing } from '../process/no-telemetry.ts'

sendNothing()

export { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node'
