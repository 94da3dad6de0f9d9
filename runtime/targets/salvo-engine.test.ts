import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { STATUS } from '../../sim/serving/index.ts'
import type { InputSpec } from '../models/index.ts'
import type { Salvo } from './pool-target.ts'
import { openSalvoEngine } from './salvo-engine.ts'

/** A server that forms batches of single requests, and states which. */

const X: InputSpec = {
  ...{ name: 'x', shape: ['batch', 2], type: 'float32', fill: 'normal', vocabulary: 1000 },
}
const METADATA = { name: 'm', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }] }
const ANSWER = JSON.stringify({
  outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [1] }],
})
const BATCH_MS = 200
const MAX_BATCH = 4

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Batches take as long whatever their size. `windowMs`: how long one that is not full waits. */
async function batchingServer({ windowMs = 0, fails = false }) {
  const waiting: ServerResponse[] = []
  const batches: number[] = []
  let isBusy = false
  let window: NodeJS.Timeout | undefined
  const dispatch = () => {
    clearTimeout(window)
    window = undefined
    if (isBusy || waiting.length === 0) return
    const batch = waiting.splice(0, MAX_BATCH)
    batches.push(batch.length)
    isBusy = true
    setTimeout(() => {
      isBusy = false
      for (const response of batch) response.end(ANSWER)
      dispatch()
    }, BATCH_MS)
  }
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      if (request.url === '/v2') return response.end('{}')
      if (!request.url!.endsWith('/infer')) return response.end(JSON.stringify(METADATA))
      if (fails) return response.writeHead(503).end()
      waiting.push(response)
      if (windowMs === 0 || waiting.length === MAX_BATCH) dispatch()
      else window ??= setTimeout(dispatch, windowMs)
      return response
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { batches, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function engineOf(url: string, salvo: Salvo) {
  const file = { path: '', key: '', content: '', inputs: [X], bytes: 0 }
  const target = {
    url,
    role: 'executor',
    model: 'm',
    version: null,
    timeoutMs: 5000,
    headers: {},
    limits: null,
    parts: 1,
  } as const
  const engine = await openSalvoEngine({ file, target }, salvo, process.hrtime.bigint())
  closing.unshift(() => engine.close())
  return (size: number) =>
    engine.run(
      size,
      1,
      new Int32Array(size).fill(1),
      new Uint32Array(size).map((_, i) => i),
    )
}

test('a batch is what waits behind a single request, and takes from its answer on', async () => {
  const { url, batches } = await batchingServer({})
  const run = await engineOf(url, { replicas: 1, maxBatch: MAX_BATCH, windowMs: 0 })
  expect((await run(1)).status).toBe(STATUS.ok)
  // on a busy machine the batch may come after the answer that it should wait for
  for (let tries = 0; tries < 5 && !batches.includes(3); tries++) {
    batches.length = 0
    const from = performance.now()
    const { started, ended, status } = await run(3)
    const whole = performance.now() - from
    expect(status).toBe(STATUS.ok)
    expect(ended - started).toBeGreaterThan(0.5 * BATCH_MS)
    expect(whole - (ended - started)).toBeGreaterThan(0.5 * BATCH_MS)
  }
  expect(batches).toEqual([1, 3])
})

test('with a batch window all requests are one batch, whose time begins as it closes', async () => {
  const windowMs = 100
  const { url, batches } = await batchingServer({ windowMs })
  const run = await engineOf(url, { replicas: 1, maxBatch: MAX_BATCH, windowMs })
  const from = performance.now()
  const { started, ended } = await run(3)
  const whole = performance.now() - from
  expect(batches).toEqual([3])
  expect(whole - (ended - started)).toBeGreaterThanOrEqual(0.9 * windowMs)
  const full = await run(MAX_BATCH)
  expect(batches).toEqual([3, MAX_BATCH])
  expect(full.ended - full.started).toBeGreaterThan(0.5 * BATCH_MS)
})

test('a salvo that the server does not answer has died, with its kind', async () => {
  const { url } = await batchingServer({ fails: true })
  const run = await engineOf(url, { replicas: 2, maxBatch: MAX_BATCH, windowMs: 0 })
  for (const size of [1, 3]) {
    expect(await run(size)).toMatchObject({ status: STATUS.died, problem: 'status' })
  }
})
