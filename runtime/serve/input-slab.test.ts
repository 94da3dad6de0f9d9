import { expect, test } from 'vitest'
import type { InputSpec } from '../models/index.ts'
import { sharedFeeds } from '../models/onnx.ts'
import { InputSlab, inputMemory } from './input-slab.ts'

const INPUTS: readonly InputSpec[] = [
  { name: 'ids', type: 'int32', shape: ['batch', 'length'], fill: 'tokens', vocabulary: 9 },
  { name: 'mask', type: 'uint8', shape: ['length', 'batch', 2], fill: 'ones', vocabulary: 0 },
]

test('executors feed what was written, padded with zeros', () => {
  const memory = inputMemory(INPUTS, { slots: 2, maxLength: 3, model: 'm' })
  const slab = new InputSlab(INPUTS, memory)
  const bytes = (...ids: number[]) => new Uint8Array(Int32Array.from(ids).buffer)
  slab.write(0, 3, [bytes(1, 2, 3), Uint8Array.of(1, 2, 3, 4, 5, 6)])
  slab.write(1, 1, [bytes(9), Uint8Array.of(7, 8)])
  const feeds = sharedFeeds(INPUTS, memory)
  const { ids, mask } = feeds.build(2, 4, Int32Array.of(1, 3), Uint32Array.of(1, 4))
  expect([...(ids!.data as Int32Array)]).toEqual([9, 0, 0, 0, 1, 2, 3, 0])
  expect(mask!.dims).toEqual([4, 2, 2])
  const rows = [7, 8, 1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0, 0, 0]
  expect([...(mask!.data as Uint8Array)]).toEqual(rows)
})

test('inputs that are too large for so many requests are refused by name', () => {
  expect(() => inputMemory(INPUTS, { slots: 1024, maxLength: 1e6, model: 'm' })).toThrow(
    'model m: its inputs take 6000000 bytes for a request, so 1024 at once are too many; use --max-requests 512 at most',
  )
})
