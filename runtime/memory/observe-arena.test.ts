import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { materialise } from '../models/index.ts'
import { observeArena } from './observe-arena.ts'

const cacheDirectory = mkdtempSync(join(tmpdir(), 'spillway-observe-'))
const session = { executionProvider: 'cpu', threads: 1 } as const
const encoder = () =>
  materialise(
    {
      builtin: 'transformer-encoder',
      layers: 1,
      hidden: 16,
      heads: 1,
      vocabulary: 10,
      seed: 1,
      pad_to: 1,
    },
    'fp32',
    { directory: '.', cacheDirectory },
  )

describe('a process whose arena is observed', () => {
  test('reports reservations, extensions, nodes and the graph', async () => {
    const file = await encoder()
    const told: number[] = []
    const onProgress = (done: number) => told.push(done)
    const runs = [
      [1, 8],
      [2, 16],
    ] as const
    const log = await observeArena({ file, session, runs }, { graph: true, onProgress })
    expect(told).toEqual([0, 1])
    expect(log.runs.map(({ shape }) => shape)).toEqual(runs)
    const weights = log.reserved.reduce((sum, bytes) => sum + bytes, 0)
    for (const { nodes } of log.runs) {
      expect(nodes.map(({ op }) => op)).toEqual(log.graph!.nodes.map(({ op }) => op))
      expect(nodes[0]!.requested - nodes[0]!.requestedDelta).toBe(weights)
    }
    expect(log.runs[0]!.extensions[0]).toBe(2 ** 20)
    expect(log.process.loadedMib).toBeGreaterThan(log.process.startedMib)
  })

  test('that cannot open the model is an input error', async () => {
    const file = { ...(await encoder()), path: join(cacheDirectory, 'none.onnx') }
    const observed = observeArena({ file, session, runs: [] })
    await expect(observed).rejects.toThrow(/none\.onnx could not be observed: .*none\.onnx/)
    await expect(observed).rejects.toBeInstanceOf(Failure)
  })

  test('that fails at a batch names the batch', async () => {
    const file = await encoder()
    const [ids, mask] = file.inputs
    // the shapes are incompatible for batches of 2 and more
    const inputs = [ids!, { ...mask!, shape: [1, 'length'] as const }]
    const runs = [
      [1, 8],
      [3, 8],
    ] as const
    const observed = observeArena({ file: { ...file, inputs }, session, runs })
    await expect(observed).rejects.toThrow(/could not be observed at batch 3 x length 8: \S/)
  })

  test('is stopped by a signal, before and while it runs', async () => {
    const file = await encoder()
    const runs = Array.from({ length: 20_000 }, () => [1, 8] as const)
    const abort = new AbortController()
    const onProgress = (done: number) => {
      if (done === 2) abort.abort()
    }
    const stopped = observeArena({ file, session, runs }, { signal: abort.signal, onProgress })
    await expect(stopped).rejects.toThrow('interrupted')
    const again = observeArena({ file, session, runs }, { signal: abort.signal })
    await expect(again).rejects.toThrow('interrupted')
  })
})
