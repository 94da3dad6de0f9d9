/**
 * Tells ONNX Runtime to send nothing: its build for Linux (1.30) reports its use to Microsoft once
 * a session is opened, and keeps what it could not send in ~/.cache/Microsoft. It reads the
 * variable from the process, which threads of Node cannot change: it is set here before processes
 * are started, which take it over, and before ONNX Runtime is loaded.
 */
export function sendNothing(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1'
}
