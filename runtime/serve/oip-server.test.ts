import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { OUTCOME } from '../../sim/serving/index.ts'
import { AllowedHosts } from './allowed-hosts.ts'
import { ClientRequests } from './client-requests.ts'
import { ask, body, INFER, served, tensor } from './oip-server.test-helper.ts'
import { OipServer } from './oip-server.ts'
import { SlotTable, slotMemory } from './slot-table.ts'

test('a request is answered with its outputs', async () => {
  const { port } = await served()
  const { status, text } = await ask(port, INFER, { body })
  const outputs = [{ ...tensor }]
  expect(status).toBe(200)
  expect(JSON.parse(text)).toEqual({ model_name: 'm', model_version: '1', id: 'a', outputs })
  const again = await ask(port, '/v2/models/m/versions/1/infer', { body })
  expect(again.status).toBe(200)
})

test('health, metadata, statistics and metrics', async () => {
  const { port } = await served()
  await ask(port, INFER, { body })
  const json = async (path: string) => JSON.parse((await ask(port, path)).text)
  expect(await json('/v2/health/live')).toEqual({ live: true })
  expect(await json('/v2/health/ready')).toEqual({ ready: true })
  expect(await json('/v2/models/m/ready')).toEqual({ name: 'm', ready: true })
  expect(await json('/v2')).toMatchObject({ name: 'spillway', version: '1.2.3' })
  const x = { name: 'x', datatype: 'FP32', shape: [1, 2] }
  expect(await json('/v2/models/m')).toMatchObject({ inputs: [x], outputs: [x] })
  const statistics = await json('/v2/models/m/stats')
  expect(statistics.model_stats[0]).toMatchObject({ inference_count: 1, execution_count: 1 })
  expect(await json('/v2/models/stats')).toEqual(statistics)
  const metrics = await ask(port, '/metrics')
  expect(metrics.text).toContain(
    'spillway_requests_total{model="m",class="web",outcome="served"} 1',
  )
  expect((await ask(port, '/metrics', { method: 'HEAD' })).text).toBe('')
})

describe('what is no request is refused by name', () => {
  test.each([
    ['/', {}, 404, 'it begins with /v1 or /v2'],
    ['/v2/models/other/infer', { body }, 404, 'expected one of m'],
    ['/v2/models/m/versions/2/infer', { body }, 404, 'no such version'],
    ['/v2/models/m/other', {}, 404, 'no such path'],
    ['/v2/models/%ff', {}, 400, 'percent-encoded'],
    ['/v2/models/__proto__/infer', { body }, 404, 'no such model'],
    [INFER, {}, 405, 'expected method POST'],
    ['/v2', { body }, 405, 'expected method GET'],
    [INFER, { body: '{' }, 400, 'the body: expected JSON'],
    [INFER, { body: '{}' }, 400, 'inputs: expected a list'],
    [INFER, { body: Buffer.alloc(200_000, 32) }, 413, 'the body: expected at most'],
    [INFER, { body, headers: { 'Transfer-Encoding': 'chunked' } }, 200, ''],
    [INFER, { body, headers: { 'Content-Encoding': 'gzip' } }, 400, 'Content-Encoding'],
    [
      INFER,
      { body, headers: { 'Inference-Header-Content-Length': '-1' } },
      400,
      'a number of bytes',
    ],
    ['/v2', { headers: { Host: 'evil.example' } }, 403, 'header Host'],
    ['/v2', { headers: { Origin: 'http://localhost' } }, 403, 'header Origin'],
    ['/metrics', { headers: { Host: 'evil.example:80' } }, 403, 'header Host'],
  ] as const)('%s %#', async (path, sent, status, problem) => {
    const { port } = await served()
    const answer = await ask(port, path, sent)
    expect(answer.status, answer.text).toBe(status)
    expect(answer.text).toContain(problem)
    if (status >= 400) expect(Object.keys(JSON.parse(answer.text))).toEqual(['error'])
    // and the server goes on
    expect((await ask(port, INFER, { body })).status).toBe(200)
  })
})

test.each([
  [OUTCOME.shed, 429],
  [OUTCOME.timedOut, 504],
  [OUTCOME.cancelled, 504],
  [OUTCOME.failed, 500],
] as const)('outcome %i is answered with %i', async (outcome, status) => {
  const { port } = await served({ ends: [outcome] })
  expect((await ask(port, INFER, { body })).status).toBe(status)
})

test('more requests than slots are refused at once', async () => {
  const { port } = await served({ ends: ['never'], maxRequests: 1 })
  ask(port, INFER, { body }).catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 100))
  const answer = await ask(port, INFER, { body })
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
})

test('a client that leaves in the middle of its body costs nothing', async () => {
  const { server, port } = await served({ maxRequests: 1 })
  for (let i = 0; i < 5; i++) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST ${INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"in`)
        setTimeout(() => resolve(void socket.destroy()), 10)
      })
    })
  }
  expect((await ask(port, INFER, { body })).status).toBe(200)
  expect(server.inFlight).toBe(0)
})

test('a server that ends is not ready, and closes its connections', async () => {
  const { server, port } = await served()
  expect((await ask(port, INFER, { body })).status).toBe(200)
  server.stop()
  await server.closed(1000)
  await expect(ask(port, '/v2/health/ready')).rejects.toThrow('ECONNREFUSED')
})

test('a port that is taken is refused by name', async () => {
  const { port } = await served()
  const hosts = new AllowedHosts('127.0.0.1')
  const memory = slotMemory(2, new SharedArrayBuffer(4))
  const clients = new ClientRequests({
    ...{
      table: new SlotTable(memory),
      maxRequests: 1,
      inputs: [],
      outputs: [],
      tokens: null,
      now: () => 0,
    },
  })
  const other = new OipServer(
    { models: [], decoders: [], classes: [], hosts, version: '0' },
    clients,
  )
  const listening = other.listen({ host: '127.0.0.1', port })
  await expect(listening).rejects.toThrow(`port ${port}: another program listens there`)
})
