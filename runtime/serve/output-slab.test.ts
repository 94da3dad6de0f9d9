import { expect, test } from 'vitest'
import { Tensor } from '../models/onnx.ts'
import { OUTPUT_STATE, OutputSlab, outputMemory } from './output-slab.ts'
import type { TensorSpec } from './served-model.ts'

const SPECS: readonly TensorSpec[] = [
  { name: 'y', type: 'float32', shape: ['batch', 2] },
  { name: 'map', type: 'uint8', shape: ['batch', 'length', 'length'] },
]

const sizes = { slots: 4, maxLength: 3, path: 'm.onnx' }

/** A batch of two requests of lengths 1 and 2, padded to 2, in slots 2 and 1. */
const BATCH = {
  size: 2,
  length: 2,
  lengths: Int32Array.of(1, 2),
  keys: Uint32Array.of(6, 1),
}

const results = {
  y: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]),
  map: new Tensor('uint8', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 2, 2]),
}

test('each request has its rows without padding, row-major', () => {
  const memory = outputMemory(SPECS, sizes)
  const [executor, clients] = [new OutputSlab(memory), new OutputSlab(memory)]
  executor.write(BATCH, results)
  const read = (slot: number, length: number) => {
    const [y, map] = clients.read(slot, length)
    return [[...new Float32Array(y!.buffer as ArrayBuffer)], [...map!]]
  }
  expect([2, 1, 0].map((slot) => clients.take(slot))).toEqual([
    OUTPUT_STATE.written,
    OUTPUT_STATE.written,
    OUTPUT_STATE.none,
  ])
  expect(read(2, 1)).toEqual([[1, 2], [1]])
  expect(read(1, 2)).toEqual([
    [3, 4],
    [5, 6, 7, 8],
  ])
  expect(executor.take(2)).toBe(OUTPUT_STATE.none)
})

test('outputs of another shape, and inputs that the model rejects, are marked', () => {
  const slab = new OutputSlab(outputMemory(SPECS, sizes))
  slab.write(BATCH, { ...results, map: new Tensor('uint8', new Uint8Array(4), [2, 2]) })
  expect(slab.take(1)).toBe(OUTPUT_STATE.unfit)
  slab.reject({ size: 1, keys: Uint32Array.of(3) })
  expect(slab.take(3)).toBe(OUTPUT_STATE.rejected)
})

test('outputs that are too large for so many requests are refused by name', () => {
  const large: TensorSpec = { name: 'y', type: 'float32', shape: ['batch', 2 ** 20] }
  expect(() => outputMemory([large], { ...sizes, slots: 2048 })).toThrow(
    'm.onnx: output y: takes 4194304 bytes for a request, so 2048 at once are too many; use --max-requests 1024 at most',
  )
})
