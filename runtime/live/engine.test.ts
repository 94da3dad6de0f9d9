import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { STATUS } from '../../sim/serving/index.ts'
import { materialise } from '../models/index.ts'
import { withFolder } from '../models/reference.test-helper.ts'
import { openEngine, openProcessEngine } from './process-engine.ts'

/** Batches of two for a net of width 8; its inputs have width `width`. */
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

test('a batch that a model cannot run ends with the error of ONNX Runtime, not as out of memory', async () => {
  const error = await batchOfWidth(9).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Failure)
  expect((error as Failure).message).toMatch(
    /mlp.*\.onnx: ONNX Runtime cannot run a batch of 2 with length 1 on cpu \(.*Expected: 8/,
  )
})

test('a batch that a model can run is ok and takes time', async () => {
  const { status, started, ended } = await batchOfWidth(8)
  expect(status).toBe(STATUS.ok)
  expect(ended).toBeGreaterThan(started)
})

/** Processes that this process has started to run a model in. */
function engineProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))!
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
        return Number(parent) === process.pid && command.includes('engine-process')
      } catch {
        return false
      }
    })
    .map(Number)
}

test.skipIf(!existsSync('/proc/self/status'))(
  'an engine process killed while idle fails its next batch; later batches run in a new process',
  () =>
    withFolder(async (folder) => {
      const model = { builtin: 'mlp', layers: 1, width: 8, seed: 1 } as const
      const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
      const session = { executionProvider: 'cpu', threads: 1 } as const
      const engine = await openProcessEngine({ file, session, warmUp: [] }, process.hrtime.bigint())
      const [pid, ...unexpected] = engineProcesses()
      expect(unexpected).toEqual([])
      process.kill(pid!, 'SIGKILL')
      while (engineProcesses().length > 0) await setTimeout(10)
      const smallest = [1, 1, Int32Array.of(1), Uint32Array.of(1)] as const
      const died = await engine.run(...smallest)
      expect(died.status).toBe(STATUS.died)
      expect(died.ended).toBeGreaterThanOrEqual(died.started)
      const next = await engine.run(...smallest)
      expect(next.status).toBe(STATUS.ok)
      expect(next.started).toBeGreaterThan(died.ended)
      expect(engineProcesses()).toHaveLength(1)
      expect(engineProcesses()).not.toContain(pid)
      await engine.close()
      expect(engineProcesses()).toEqual([])
    }),
)
