import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type Failure,
  type Model,
  type ModelInput,
  type TensorType,
  tensorTypes,
} from '../../scenarios/index.ts'
import { openFeeds } from './feeds.ts'
import { contentOf, materialise } from './model-file.ts'
import { floatSamples } from './npy.test-helper.ts'
import { withFolder } from './reference.test-helper.ts'
import { openSession } from './session.ts'
import { type OwnInput, passingOn, withExternalData } from './user-model.test-helper.ts'

const cpu = { executionProvider: 'cpu', threads: 1 } as const
const drawn = { type: 'float32', fill: 'normal', vocabulary: 1000 } as const
type Own = Extract<Model, { inputs: unknown }>
const own = (onnx: Own['onnx'], inputs: Record<string, ModelInput>): Own => ({
  onnx,
  inputs,
  pad_to: 1,
})

/** The data of each output of a batch of two requests of length 3. */
async function outputsOf(model: Model, folder: string) {
  const file = await materialise(model, 'fp32', { directory: folder, cacheDirectory: folder })
  const { session } = await openSession(file, cpu)
  const feeds = await openFeeds(file.inputs, { seed: 1 })
  const inputs = feeds.build(2, 3, Int32Array.of(3, 3), Uint32Array.of(4, 5))
  const outputs = await session.run(inputs)
  await session.release()
  return { inputs, outputs }
}

const problemsOf = (reading: Promise<unknown>) =>
  reading.then(
    () => [],
    (error: Failure) => error.problems,
  )

test('ONNX Runtime takes every element type, scalars and constants', async () => {
  const types = Object.keys(tensorTypes) as TensorType[]
  const NAMES: Partial<Record<TensorType, string>> = { float32: 'FLOAT', float64: 'DOUBLE' }
  const typed = types.flatMap((type): OwnInput[] => {
    const elementType = (NAMES[type] ?? type.toUpperCase()) as OwnInput['type']
    return [
      { name: type, type: elementType, shape: ['batch', 'length', 2] },
      { name: `${type}_scalar`, type: elementType, shape: [] },
    ]
  })
  const inputs = Object.fromEntries(
    types.flatMap((type): [string, ModelInput][] => [
      [type, { ...drawn, type, shape: ['batch', 'length', 2] }],
      [`${type}_scalar`, { ...drawn, type, shape: [], value: 1 }],
    ]),
  )
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'own.onnx'), passingOn(typed))
    const { inputs: fed, outputs } = await outputsOf(own('own.onnx', inputs), folder)
    for (const type of types) {
      const [all, one] = [outputs[`${type}_out`]!, outputs[`${type}_scalar_out`]!]
      expect([all.type, all.dims, one.dims]).toEqual([type, [2, 3, 2], []])
      expect([...(all.data as Uint8Array)], type).toEqual([...(fed[type]!.data as Uint8Array)])
      expect(Number(one.data[0])).toBe(type === 'float16' ? 0x3c00 : 1)
    }
  })
})

describe('external data', () => {
  const model = own('nets/m.onnx', { x: { ...drawn, shape: ['batch', 8], value: 1 } })
  const weights = (first: number) => Buffer.from(Float32Array.of(first, 0, 0, 0, 0, 0, 0, 0).buffer)

  test('is loaded, counted and part of the content', async () => {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, 'nets'))
      writeFileSync(join(folder, 'nets/m.onnx'), withExternalData('m.onnx_data'))
      writeFileSync(join(folder, 'nets/m.onnx_data'), weights(41))
      const { outputs } = await outputsOf(model, folder)
      expect((outputs.y!.data as Float32Array)[0]).toBe(42)
      const places = { directory: folder, cacheDirectory: folder }
      const file = await materialise(model, 'fp32', places)
      expect(file.bytes).toBe(withExternalData('m.onnx_data').length + 32)
      expect(await contentOf(model, 'fp32', folder)).toBe(file.content)
      writeFileSync(join(folder, 'nets/m.onnx_data'), weights(1))
      expect(await contentOf(model, 'fp32', folder)).not.toBe(file.content)
    })
  })

  test('that is missing is named with the place where it belongs', async () => {
    await withFolder(async (folder) => {
      mkdirSync(join(folder, 'nets'))
      writeFileSync(join(folder, 'nets/m.onnx'), withExternalData('m.onnx_data'))
      const place = join(folder, 'nets/m.onnx_data')
      const problem = `nets/m.onnx: keeps weights in m.onnx_data, but there is nothing at ${place}; put that file beside the model`
      const places = { directory: folder, cacheDirectory: folder }
      expect(await problemsOf(materialise(model, 'fp32', places))).toEqual([problem])
      expect(((await contentOf(model, 'fp32', folder)) as Failure).problems).toEqual([problem])
    })
  })
})

test.each(['../m.onnx_data', '/etc/passwd'])('external data in %s is refused', async (location) => {
  await withFolder(async (folder) => {
    const model = own('m.onnx', { x: { ...drawn, shape: ['batch', 8] } })
    writeFileSync(join(folder, 'm.onnx'), withExternalData(location))
    expect(String(await contentOf(model, 'fp32', folder))).toContain(
      `m.onnx: expected weights beside the model, got the file ${location}`,
    )
  })
})

describe('samples', () => {
  const OWN = passingOn([{ name: 'x', type: 'FLOAT', shape: ['batch', 2] }])
  const model = own('m.onnx', { x: { ...drawn, shape: ['batch', 2], file: 'x.npy' } })

  test('are what the model computes with, and part of its content', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'm.onnx'), OWN)
      writeFileSync(join(folder, 'x.npy'), floatSamples([3, 2], [1, 2, 3, 4, 5, 6]))
      const { outputs } = await outputsOf(model, folder)
      expect([...(outputs.x_out!.data as Float32Array)]).toEqual([3, 4, 5, 6])
      const content = await contentOf(model, 'fp32', folder)
      writeFileSync(join(folder, 'x.npy'), floatSamples([3, 2], [1, 2, 3, 4, 5, 7]))
      expect(await contentOf(model, 'fp32', folder)).not.toBe(content)
    })
  })

  test.each([
    [floatSamples([3, 3], Array(9).fill(0)), 'expected samples of shape (n, 2), got (3, 3)'],
    [floatSamples([3], Array(3).fill(0)), 'expected samples of shape (n, 2), got (3)'],
    [floatSamples([0, 2], []), 'expected samples of shape (n, 2), got (0, 2)'],
  ])('of another shape are refused', async (bytes, problem) => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'm.onnx'), OWN)
      writeFileSync(join(folder, 'x.npy'), bytes)
      const places = { directory: folder, cacheDirectory: folder }
      expect(await problemsOf(materialise(model, 'fp32', places))).toEqual([
        `m.onnx: inputs.x.file: ${problem}`,
      ])
    })
  })

  test('of another type, another kind and missing ones are refused with a remedy', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'm.onnx'), OWN)
      const told = () => contentOf(model, 'fp32', folder).then(String)
      expect(await told()).toContain(
        `expected samples in x.npy, got nothing at ${join(folder, 'x.npy')}`,
      )
      writeFileSync(join(folder, 'x.npy'), 'x,y\n1,2\n and so on')
      expect(await told()).toContain('another kind of file; write it with numpy.save')
      const doubles = own('m.onnx', { x: { ...model.inputs.x!, type: 'float64' } })
      writeFileSync(join(folder, 'x.npy'), floatSamples([3, 2], Array(6).fill(0)))
      const places = { directory: folder, cacheDirectory: folder }
      expect((await problemsOf(materialise(doubles, 'fp32', places))).join()).toContain(
        "expected values of type float64, got float32; convert them with x.astype('float64')",
      )
    })
  })
})

test('each precision runs its file, whose content is that of the file alone', async () => {
  await withFolder(async (folder) => {
    const x: ModelInput = { ...drawn, shape: ['batch', 2] }
    const input: OwnInput = { name: 'x', type: 'FLOAT', shape: ['batch', 2] }
    writeFileSync(join(folder, 'a.onnx'), passingOn([input]))
    writeFileSync(join(folder, 'b.onnx'), passingOn([input], [{ name: 'w', dims: [1] }]))
    const model = own({ fp32: 'a.onnx', int8: 'b.onnx' }, { x })
    const places = { directory: folder, cacheDirectory: folder }
    expect((await materialise(model, 'int8', places)).path).toBe(join(folder, 'b.onnx'))
    for (const [precision, file] of [
      ['fp32', 'a.onnx'],
      ['int8', 'b.onnx'],
    ] as const) {
      expect(await contentOf(model, precision, folder)).toBe(
        await contentOf(own(file, { x }), 'fp32', folder),
      )
    }
    rmSync(join(folder, 'b.onnx'))
    expect(await contentOf(model, 'fp32', folder)).toBeTypeOf('string')
    expect(String(await contentOf(model, 'int8', folder))).toContain('got nothing')
  })
})
