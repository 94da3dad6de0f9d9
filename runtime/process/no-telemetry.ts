/**
 * Turns off the reports of ONNX Runtime. Without this its build for Linux (1.30) sends its use to
 * Microsoft once a session is opened, and keeps what it could not send in ~/.cache/Microsoft. It
 * reads the variable of the process, and a thread of Node has only a copy of that. So call this in
 * the main thread, before a session is opened and before a process that opens one is started.
 */
export function sendNothing(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1'
}
