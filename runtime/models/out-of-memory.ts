/**
 * What is said where memory runs out, found by onnxruntime-node 1.30 in processes with limits of
 * their own (docs/design/007-memory.md); those of CUDA are quoted from its users' reports. The
 * binding throws one kind of error for everything, so its text has to tell.
 */
const SAYINGS: readonly RegExp[] = [
  // an arena: the system has no region for it, or its own limit is reached
  /\bFailed to allocate memory for requested buffer of size \d+\s*$/,
  /\bAvailable memory of \d+ is smaller than requested bytes of \d+/,
  // what is allocated besides: scratch memory of kernels, copies between devices, weights
  /\bstd::bad_alloc\s*$/,
  // inputs
  /\bArray buffer allocation failed$/,
  // libraries of CUDA
  /\bCUDA failure 2: out of memory\b/,
  /\bCU(?:BLAS|DNN) failure \d+: CU(?:BLAS|DNN)_STATUS_ALLOC_FAILED\b/,
]

/** Whether inputs were not built, or a model not opened or run, for want of memory. */
export function isOutOfMemory(error: unknown): boolean {
  const text = String(error)
  return SAYINGS.some((saying) => saying.test(text))
}
