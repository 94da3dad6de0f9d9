/**
 * Memory for columns that threads read without a copy. A browser page has shared memory only where
 * it is isolated from other origins: elsewhere the memory is the page's own.
 */
export function sharedMemory(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'undefined'
    ? new ArrayBuffer(bytes)
    : new SharedArrayBuffer(bytes)
}
