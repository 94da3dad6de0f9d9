import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { WallClock } from './clock.ts'

test('a clock never runs backwards', () => {
  const clock = new WallClock(process.hrtime.bigint())
  let last = clock.now()
  for (let i = 0; i < 100_000; i++) {
    const now = clock.now()
    if (now < last) throw new Error(`${now} after ${last}`)
    last = now
  }
})

test('a clock counts ms from its epoch, however long ago the epoch is', () => {
  const epoch = process.hrtime.bigint() - 5_000_000_000n
  const before = Number(process.hrtime.bigint() - epoch) / 1e6
  const now = new WallClock(epoch).now()
  const after = Number(process.hrtime.bigint() - epoch) / 1e6
  // 20 µs for reading the shift itself
  expect(now).toBeGreaterThan(before - 0.02)
  expect(now).toBeLessThan(after + 0.02)
})

test('clocks of two threads share their epoch', async () => {
  const epoch = process.hrtime.bigint()
  const clock = new WallClock(epoch)
  // the same computation as in another thread, without the import: both read one monotonic clock
  const code = `const { parentPort, workerData } = require('node:worker_threads')
    parentPort.postMessage(Number(process.hrtime.bigint() - workerData) / 1e6)`
  const before = clock.now()
  const worker = new Worker(code, { eval: true, workerData: epoch })
  const there = await new Promise<number>((resolve) => worker.once('message', resolve))
  const after = clock.now()
  await worker.terminate()
  expect(there).toBeGreaterThan(before - 0.02)
  expect(there).toBeLessThan(after + 0.02)
})
