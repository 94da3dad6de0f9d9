import { expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { STATUS } from '../../sim/serving/index.ts'
import type { Engine } from '../live/engine.ts'
import { Tensor } from '../models/onnx.ts'
import { inputMemory } from './input-slab.ts'
import { OUTPUT_STATE, OutputSlab, outputMemory } from './output-slab.ts'
import { apartOnFailure, openOutputs } from './served-engine.ts'

const y = { name: 'y', type: 'float32', shape: ['batch', 1] } as const

test('of a batch that fails only the requests that fail alone are rejected', async () => {
  const outputs = new OutputSlab(outputMemory([y], { slots: 4, maxLength: 1, path: 'm' }))
  const sizes: number[] = []
  const run: Engine['run'] = async (size, length, lengths, keys) => {
    sizes.push(size)
    if (keys.subarray(0, size).includes(2)) throw new Failure('a token beyond the vocabulary')
    const data = Float32Array.from(keys.subarray(0, size))
    outputs.write({ size, length, lengths, keys }, { y: new Tensor('float32', data, [size, 1]) })
    return { status: STATUS.ok, started: 1, ended: 2 }
  }
  let now = 0
  const apart = apartOnFailure(run, { outputs, now: () => ++now })
  const lengths = Int32Array.of(1, 1, 1)
  const ran = await apart(3, 1, lengths, Uint32Array.of(1, 2, 3))
  expect(ran).toEqual({ status: STATUS.ok, started: 1, ended: 2 })
  expect(sizes).toEqual([3, 1, 1, 1])
  expect([1, 2, 3].map((slot) => outputs.take(slot))).toEqual([
    OUTPUT_STATE.writtenApart,
    OUTPUT_STATE.rejected,
    OUTPUT_STATE.writtenApart,
  ])
  expect([...new Float32Array(outputs.read(3, 1)[0]!.buffer as ArrayBuffer)]).toEqual([3])
})

test('a fault of the program is no fault of a request', async () => {
  const outputs = new OutputSlab(outputMemory([y], { slots: 4, maxLength: 1, path: 'm' }))
  const broken: Engine['run'] = () => Promise.reject(new Error('Expected something else'))
  const apart = apartOnFailure(broken, { outputs, now: () => 0 })
  const batch = [1, 1, Int32Array.of(1), Uint32Array.of(1)] as const
  await expect(apart(...batch)).rejects.toThrow('Expected something else')
})

test('outputs are seen at the longest and the shortest length', async () => {
  const inputs = inputMemory([], { slots: 2, maxLength: 7, model: 'm' })
  const slab = await openOutputs('m', { inputs, lengths: [8, 4] }, async (size, length) => {
    return { y: new Tensor('float32', new Float32Array(size * length), [size, length]) }
  })
  expect(slab.memory.specs).toEqual([{ name: 'y', type: 'float32', shape: ['batch', 'length'] }])
  expect(slab.memory.regions[0]!.byteLength).toBe(2 * 7 * 4)
})
