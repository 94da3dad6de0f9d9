import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure, type Model, type ModelInput } from '../../scenarios/index.ts'
import { buildMlp } from './mlp.ts'
import { contentOf, materialise } from './model-file.ts'
import { withFolder } from './reference.test-helper.ts'

const mlp = { builtin: 'mlp', layers: 1, width: 8, seed: 1 } as const

function input(shape: ModelInput['shape'], more: Partial<ModelInput> = {}): ModelInput {
  return { shape, type: 'float32', fill: 'normal', vocabulary: 1000, ...more }
}

function user(onnx: string, inputs: Record<string, ModelInput>): Model {
  return { onnx, inputs, pad_to: 1 }
}

async function problemsOf(model: Model, directory: string): Promise<readonly string[]> {
  try {
    await materialise(model, 'fp32', { directory, cacheDirectory: directory })
  } catch (error) {
    if (error instanceof Failure) return error.problems
    throw error
  }
  return []
}

describe('built-in models', () => {
  test('are built once and then read from the cache', async () => {
    await withFolder(async (folder) => {
      const places = { directory: '.', cacheDirectory: join(folder, 'new', 'cache') }
      const first = await materialise(mlp, 'fp32', places)
      const written = statSync(first.path).mtimeMs
      expect(first.bytes).toBe(statSync(first.path).size)
      expect(first.key).toMatch(/^[0-9a-f]{16}$/)
      expect(await materialise(mlp, 'fp32', places)).toEqual(first)
      expect(statSync(first.path).mtimeMs).toBe(written)
      // the file and its checksum
      expect(readdirSync(places.cacheDirectory)).toHaveLength(2)
    })
  })

  test('every parameter and precision has a separate file and key', async () => {
    await withFolder(async (folder) => {
      const places = { directory: '.', cacheDirectory: folder }
      const encoder = { builtin: 'transformer-encoder', layers: 1, hidden: 8, heads: 2 } as const
      const base = { ...encoder, vocabulary: 20, seed: 1, pad_to: 1 }
      const models = [
        mlp,
        { ...mlp, layers: 2 },
        { ...mlp, width: 9 },
        { ...mlp, seed: 2 },
        base,
        { ...base, layers: 2 },
        { ...base, hidden: 4 },
        { ...base, heads: 4 },
        { ...base, vocabulary: 21 },
        { ...base, seed: 2 },
      ]
      const files = []
      for (const model of models) files.push(await materialise(model, 'fp32', places))
      for (const precision of ['fp16', 'int8'] as const) {
        files.push(await materialise(mlp, precision, places))
        files.push(await materialise(base, precision, places))
      }
      expect(new Set(files.map((file) => file.path)).size).toBe(files.length)
      expect(new Set(files.map((file) => file.key)).size).toBe(files.length)
    })
  })

  test.each([
    ['fp32', 'e2e021a88febf083', '397d30cb80771887'],
    ['fp16', 'a0855d6da4635442', '02bbfa6f2a003ca1'],
    ['int8', 'c1aa654e7552bd0f', '131b21406b2e7f8b'],
  ] as const)(
    '%s: output of the builders is pinned; a change needs a new BUILDER_VERSION',
    async (precision, mlpKey, encoderKey) => {
      await withFolder(async (folder) => {
        const places = { directory: '.', cacheDirectory: folder }
        const size = { layers: 1, hidden: 8, heads: 2, vocabulary: 20, seed: 1, pad_to: 1 }
        const encoder = { builtin: 'transformer-encoder', ...size } as const
        expect((await materialise(mlp, precision, places)).key).toBe(mlpKey)
        expect((await materialise(encoder, precision, places)).key).toBe(encoderKey)
      })
    },
  )

  test('concurrent builders leave one whole file', async () => {
    await withFolder(async (folder) => {
      const places = { directory: '.', cacheDirectory: folder }
      const files = await Promise.all([1, 2, 3].map(() => materialise(mlp, 'fp32', places)))
      expect(new Set(files.map((file) => file.key)).size).toBe(1)
      expect(readdirSync(folder)).toHaveLength(2)
      expect(readFileSync(files[0]!.path).equals(Buffer.concat(buildMlp(mlp, 'fp32')))).toBe(true)
    })
  })

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['with a bit turned', (bytes: Buffer) => bytes.with(bytes.length - 9, bytes.at(-9)! ^ 1)],
  ])('a cached file that is %s is built again', async (_, broken) => {
    await withFolder(async (folder) => {
      const places = { directory: '.', cacheDirectory: folder }
      const file = await materialise(mlp, 'fp32', places)
      writeFileSync(file.path, broken(readFileSync(file.path)))
      expect(await materialise(mlp, 'fp32', places)).toEqual(file)
      expect(readFileSync(file.path).equals(Buffer.concat(buildMlp(mlp, 'fp32')))).toBe(true)
    })
  })

  test('have a content that is available before they are built', async () => {
    await withFolder(async (folder) => {
      const places = { directory: '.', cacheDirectory: folder }
      const known = await contentOf(mlp, 'fp32', '.')
      expect(readdirSync(folder)).toEqual([])
      expect((await materialise(mlp, 'fp32', places)).content).toBe(known)
      const variants = [
        await contentOf(mlp, 'fp16', '.'),
        await contentOf({ ...mlp, seed: 2 }, 'fp32', '.'),
      ]
      expect(new Set([known, ...variants]).size).toBe(3)
    })
  })

  test('declared work cannot be run live', async () => {
    const problems = await problemsOf({ work: { law: 'constant', ms: 1 }, ragged: false }, '.')
    expect(problems.join()).toContain('is declared work, nothing can run it live')
  })
})

describe('models of the user', () => {
  test('have the content of their file, whatever its name', async () => {
    await withFolder(async (folder) => {
      const places = { directory: folder, cacheDirectory: folder }
      writeFileSync(join(folder, 'm.onnx'), Buffer.concat(buildMlp(mlp, 'fp32')))
      const model = user('m.onnx', { x: input(['batch', 8]) })
      const first = await contentOf(model, 'fp32', folder)
      expect((await materialise(model, 'fp32', places)).content).toBe(first)
      writeFileSync(join(folder, 'm.onnx'), Buffer.concat(buildMlp({ ...mlp, seed: 2 }, 'fp32')))
      expect(await contentOf(model, 'fp32', folder)).not.toBe(first)
      rmSync(join(folder, 'm.onnx'))
      const gone = (await contentOf(model, 'fp32', folder)) as Failure
      expect(gone.problems.join()).toContain(`got nothing at ${join(folder, 'm.onnx')}`)
    })
  })

  test('a path starts at the directory of the scenario', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'm.onnx'), Buffer.concat(buildMlp(mlp, 'fp32')))
      const inputs = { x: input(['batch', 8]) }
      const file = await materialise(user('./m.onnx', inputs), 'fp32', {
        directory: folder,
        cacheDirectory: join(folder, 'unused'),
      })
      expect(file.path).toBe(join(folder, 'm.onnx'))
      expect(file.inputs).toEqual([{ name: 'x', ...inputs.x }])
      expect(existsSync(join(folder, 'unused'))).toBe(false)
    })
  })

  test('every mismatch with the graph is reported at once', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'm.onnx'), Buffer.concat(buildMlp(mlp, 'fp32')))
      const wrong = (inputs: Record<string, ModelInput>) =>
        problemsOf(user('m.onnx', inputs), folder)
      expect(await wrong({ X: input(['batch', 8]) })).toEqual([
        'm.onnx: inputs: expected one of x, got X; did you mean x?',
        'm.onnx: inputs.x: expected float32 [free, 8], got nothing',
      ])
      expect(await wrong({ x: input(['batch', 'length'], { type: 'int64' }) })).toEqual([
        'm.onnx: inputs.x.type: expected float32, got int64',
        'm.onnx: inputs.x.shape[1]: expected 8, which the model fixes, got length',
      ])
      expect(await wrong({ x: input([4, 9]) })).toEqual([
        'm.onnx: inputs.x.shape[1]: expected 8, which the model fixes, got 9',
      ])
      expect(await wrong({ x: input(['batch', 8, 1]) })).toEqual([
        'm.onnx: inputs.x.shape: expected float32 [free, 8], got [batch, 8, 1]',
      ])
      expect(await wrong({ x: input(['batch', 8]) })).toEqual([])
    })
  })

  test('a missing file or a file that is no model is reported with a remedy', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'text.onnx'), 'this is no model')
      writeFileSync(join(folder, 'empty.onnx'), '')
      mkdirSync(join(folder, 'node_modules', '@own', 'pack'), { recursive: true })
      const told = async (path: string) => (await problemsOf(user(path, {}), folder)).join()
      expect(await told('text.onnx')).toContain('expected an ONNX model')
      expect(await told('empty.onnx')).toContain('expected an ONNX model')
      expect(await told('none.onnx')).toContain(`got nothing at ${join(folder, 'none.onnx')}`)
      expect(await told('node_modules')).toContain('expected an ONNX file, got a folder')
      expect(await told('npm:@no/such/m.onnx')).toContain('npm install @no/such')
      expect(await told('npm:nosuch/a/m.onnx')).toMatch(/npm install nosuch$/)
      expect(await told('npm:@own/pack/a/m.onnx')).toContain(join('@own', 'pack', 'a', 'm.onnx'))
      expect(await told('npm:@own')).toContain('expected npm:PACKAGE/PATH')
    })
  })
})
