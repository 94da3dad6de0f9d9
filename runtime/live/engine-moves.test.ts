import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { STATUS } from '../../sim/serving/index.ts'
import { materialise } from '../models/index.ts'
import { withFolder } from '../models/reference.test-helper.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { openEngine, openProcessEngine } from './process-engine.ts'

/** Processes whose parent is `parent`, read from `/proc`. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // pid (name) state parent …
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
      } catch {
        return false
      }
    })
}

const openings = {
  'of this thread': openEngine,
  'of a process': openProcessEngine,
} as const

describe.each(Object.entries(openings))('an engine %s', (_, open) => {
  /** Opens a small model on cpu, from a copy of its file that the test may damage. */
  const withEngine = (use: (engine: Engine, options: EngineOptions) => Promise<void>) =>
    withFolder(async (folder) => {
      const model = { builtin: 'mlp', layers: 1, width: 8, seed: 1 } as const
      const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
      const session = { executionProvider: 'cpu', threads: 1 } as const
      const options = { file, session, warmUp: [[1, 1]] } as const
      const engine = await open(options, process.hrtime.bigint())
      try {
        await use(engine, options)
      } finally {
        await engine.close()
      }
    })
  const smallest = [1, 1, Int32Array.of(1), Uint32Array.of(1)] as const

  test('runs batches again after its model was unloaded and loaded', async () => {
    await withEngine(async (engine) => {
      for (let i = 0; i < 3; i++) {
        const gone = await engine.unload()
        const came = await engine.load()
        expect([gone.status, came.status]).toEqual([STATUS.ok, STATUS.ok])
        expect(came.ended).toBeGreaterThan(came.started)
        expect(came.started).toBeGreaterThanOrEqual(gone.ended)
        expect((await engine.run(...smallest)).status).toBe(STATUS.ok)
      }
    })
  })

  test('closes while its model is unloaded', async () => {
    await withEngine(async (engine) => {
      await engine.unload()
    })
  })

  test('reports why a damaged model cannot be loaded', async () => {
    await withEngine(async (engine, { file }) => {
      await engine.unload()
      writeFileSync(file.path, 'no model')
      const error = await engine.load().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(Failure)
      expect((error as Failure).message).toContain('ONNX Runtime cannot open the model on cpu')
    })
  })
})

test.skipIf(!existsSync('/proc/self/stat'))(
  'a load or an unload completes although the process of the engine ends meanwhile',
  async () => {
    await withFolder(async (folder) => {
      const model = { builtin: 'mlp', layers: 1, width: 8, seed: 1 } as const
      const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
      const session = { executionProvider: 'cpu', threads: 1 } as const
      const before = childrenOf(process.pid)
      const engine = await openProcessEngine({ file, session, warmUp: [] }, process.hrtime.bigint())
      await engine.unload()
      const children = childrenOf(process.pid).filter((pid) => !before.includes(pid))
      expect(children.length).toBe(1)
      for (const pid of children) process.kill(pid, 'SIGSTOP')
      const coming = engine.load()
      for (const pid of children) process.kill(pid, 'SIGKILL')
      expect((await coming).status).toBe(STATUS.died)
      expect((await engine.run(1, 1, Int32Array.of(1), Uint32Array.of(1))).status).toBe(STATUS.ok)
      const [next] = childrenOf(process.pid).filter((pid) => !before.includes(pid))
      process.kill(next!, 'SIGKILL')
      expect((await engine.unload()).status).toBe(STATUS.died)
      await expect(engine.run(1, 1, Int32Array.of(1), Uint32Array.of(1))).rejects.toThrow(
        'to be loaded',
      )
      await engine.close()
    })
  },
  60_000,
)

/** Resident memory of a process, MiB. */
function residentMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kib) / 1024
}

const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header
  .glibcVersionRuntime

test.skipIf(glibc === undefined)(
  'weights return to the system with their session, where glibc is configured not to keep them',
  async () => {
    await withFolder(async (folder) => {
      const model = { builtin: 'mlp', layers: 4, width: 1024, seed: 1 } as const
      const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
      const session = { executionProvider: 'cpu', threads: 1 } as const
      const before = childrenOf(process.pid)
      vi.stubEnv('MALLOC_TRIM_THRESHOLD_', '131072')
      const engine = await openProcessEngine(
        { file, session, warmUp: [[1, 1]] },
        process.hrtime.bigint(),
      )
      try {
        const [pid] = childrenOf(process.pid).filter((child) => !before.includes(child))
        const empty: number[] = []
        for (let i = 0; i < 4; i++) {
          const loaded = residentMib(pid!)
          await engine.unload()
          empty.push(residentMib(pid!))
          // 16 MiB of weights
          expect(loaded - empty.at(-1)!).toBeGreaterThan(12)
          await engine.load()
        }
        expect(empty.at(-1)! - empty[1]!).toBeLessThan(6)
      } finally {
        vi.unstubAllEnvs()
        await engine.close()
      }
    })
  },
  60_000,
)
