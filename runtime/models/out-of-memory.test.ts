import { expect, test } from 'vitest'
import { isOutOfMemory } from './out-of-memory.ts'

const RUNNING = 'Error: Non-zero status code returned while running'
const ARENA =
  '/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* ' +
  'onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*)'
const CUDA =
  '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:121 onnxruntime::CudaCall'

test.each([
  `${RUNNING} Add node. Name:'Add_34' Status Message: ${ARENA} Failed to allocate memory for requested buffer of size 8388608\n`,
  `Error: ${ARENA} Failed to allocate memory for requested buffer of size 122880000\n`,
  `${RUNNING} Gemm node. Name:'a' Status Message: ${ARENA} Available memory of 1024 is smaller than requested bytes of 4096`,
  `${RUNNING} Gather node. Name:'Gather_8' Status Message: std::bad_alloc`,
  'Error: std::bad_alloc',
  'Error: Load model from /tmp/m.onnx failed:std::bad_alloc',
  `${RUNNING} Gemm node. Name:'fc1' Status Message: ${CUDA} CUDA failure 2: out of memory ; GPU=0`,
  `${RUNNING} Gemm node. Name:'fc1' Status Message: ${CUDA} CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0`,
])('memory ran out: %s', (text) => {
  // the binding throws the text without the name of the error
  expect(isOutOfMemory(new Error(text.replace(/^Error: /, '')))).toBe(true)
})

test('memory ran out if an array could not be allocated', () => {
  expect(isOutOfMemory(new RangeError('Array buffer allocation failed'))).toBe(true)
})

test.each([
  `${RUNNING} Reshape node. Name:'/memory/alloc/Reshape' Status Message: the input cannot be reshaped to {4,8}`,
  `${RUNNING} Gather node. Name:'out of memory' Status Message: indices element out of data bounds, idx=9`,
  'Error: Got invalid dimensions for input: memory for the following indices',
  `${RUNNING} Gemm node. Name:'a' Status Message: ${CUDA} CUDA failure 700: an illegal memory access was encountered`,
  `${RUNNING} Gemm node. Name:'std::bad_alloc' Status Message: shapes differ`,
])('another failure is not out of memory: %s', (text) => {
  expect(isOutOfMemory(new Error(text.replace(/^Error: /, '')))).toBe(false)
})
