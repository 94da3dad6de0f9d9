import { expect, test } from 'vitest'
import { Failure } from '../scenarios/index.ts'
import { openEngine } from './engine.ts'
import { materialise } from './models/index.ts'
import { withFolder } from './models/reference.test-helper.ts'

/** Batches of two on a net of width 8, which is given inputs of another width. */
const batchOfWidth = (width: number) =>
  withFolder(async (folder) => {
    const model = { builtin: 'mlp', layers: 1, width: 8, seed: 1 } as const
    const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
    const inputs = file.inputs.map((input) => ({ ...input, shape: ['batch', width] as const }))
    const session = { executionProvider: 'cpu', threads: 1 } as const
    const options = { file: { ...file, inputs }, session, warmUp: [] }
    const engine = await openEngine(options, process.hrtime.bigint())
    try {
      return await engine.run(2, 1, Int32Array.of(1, 1), Uint32Array.of(1, 2))
    } finally {
      await engine.close()
    }
  })

test('a batch that a model cannot run ends with what ONNX Runtime says of it, not as out of memory', async () => {
  const error = await batchOfWidth(9).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Failure)
  expect((error as Failure).message).toMatch(
    /mlp.*\.onnx: ONNX Runtime cannot run a batch of 2 with length 1 on cpu \(.*Expected: 8/,
  )
})

test('one that it can run is ok and takes time', async () => {
  const { ok, started, ended } = await batchOfWidth(8)
  expect(ok).toBe(true)
  expect(ended).toBeGreaterThan(started)
})
