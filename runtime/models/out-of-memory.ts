/**
 * Error messages for memory that ran out, collected from onnxruntime-node 1.30 in processes with
 * memory limits (docs/design/007-memory.md). Those of CUDA are quoted from reports of its users.
 * The binding throws the same error class for all errors, so only the text can be checked.
 */
const SAYINGS: readonly RegExp[] = [
  // an arena: the system has no region for it, or the arena has reached its limit
  /\bFailed to allocate memory for requested buffer of size \d+\s*$/,
  /\bAvailable memory of \d+ is smaller than requested bytes of \d+/,
  // allocations outside the arena: scratch memory of kernels, copies between devices, weights
  /\bstd::bad_alloc\s*$/,
  // inputs
  /\bArray buffer allocation failed$/,
  // libraries of CUDA
  /\bCUDA failure 2: out of memory\b/,
  /\bCU(?:BLAS|DNN) failure \d+: CU(?:BLAS|DNN)_STATUS_ALLOC_FAILED\b/,
]

/** Whether building inputs, opening a model or running it failed because memory ran out. */
export function isOutOfMemory(error: unknown): boolean {
  const text = String(error)
  return SAYINGS.some((saying) => saying.test(text))
}
