import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { variable } from '../../scenarios/schema/target-headers.ts'
import type { InputSpec } from '../models/index.ts'
import type { HeaderTexts } from './call-headers.ts'
import { OipClient, type SentTensor } from './oip-client.ts'
import type { TargetProblemKind } from './target-problem.ts'

/** Servers that answer as they should, and others that do not. */

const X: InputSpec = {
  ...{ name: 'x', shape: ['batch', 2], type: 'float32', fill: 'normal', vocabulary: 1000 },
}
const METADATA = {
  name: 'm',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
}
const TENSOR: SentTensor = {
  ...{ name: 'x', type: 'float32', dims: [2, 2] },
  bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
}
const ANSWER = JSON.stringify({
  outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 1], data: [1, 2] }],
})

const opened: { close(): unknown }[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const one of opened.splice(0)) await one.close()
})

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(server)
  return (server.address() as AddressInfo).port
}

interface Fixture {
  readonly infer: RequestListener
  readonly metadata?: object
  readonly extensions?: readonly string[]
  readonly timeoutMs?: number
  readonly headers?: HeaderTexts
}

async function clientOf({
  infer,
  metadata = METADATA,
  extensions = [],
  timeoutMs = 5000,
  headers = {},
}: Fixture) {
  const server = createServer((request, response) => {
    if (request.url === '/at/v2') response.end(JSON.stringify({ extensions }))
    else if (request.url === '/at/v2/models/m') response.end(JSON.stringify(metadata))
    else infer(request, response)
  })
  const port = await portOf(server)
  // keep-alive connections would hold the server
  opened.push({ close: () => server.closeAllConnections() })
  const url = `http://127.0.0.1:${port}/at/`
  const client = await OipClient.open({ url, model: 'm', version: null, timeoutMs, headers }, [X])
  opened.push(client)
  return client
}

const send = (client: OipClient) => client.send(client.encode([TENSOR]), 2)

test('sends tensors as JSON, and takes an answer of as many requests', async () => {
  const bodies: string[] = []
  const client = await clientOf({
    infer: (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        bodies.push(`${request.method} ${request.url} ${Buffer.concat(chunks)}`)
        response.end(ANSWER)
      })
    },
  })
  await send(client)
  const input = { name: 'x', shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] }
  expect(bodies).toEqual([
    `POST /at/v2/models/m/infer ${JSON.stringify({ id: '0', inputs: [input] })}`,
  ])
})

test('sends tensors as bytes where the server takes them', async () => {
  const sent: [string, Buffer][] = []
  const client = await clientOf({
    extensions: ['binary_tensor_data'],
    infer: (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        const length = request.headers['inference-header-content-length'] as string
        sent.push([length, Buffer.concat(chunks)])
        const output = { name: 'y', shape: [2, 1], datatype: 'FP32' }
        const parameters = { binary_data_size: 8 }
        const json = JSON.stringify({ outputs: [{ ...output, parameters }] })
        response.setHeader('Inference-Header-Content-Length', json.length)
        response.end(Buffer.concat([Buffer.from(json), Buffer.alloc(8, 0xff)]))
      })
    },
  })
  await send(client)
  const [[length, body]] = sent as [[string, Buffer]]
  expect(JSON.parse(`${body.subarray(0, Number(length))}`)).toEqual({
    id: '0',
    parameters: { binary_data_output: true },
    inputs: [{ name: 'x', shape: [2, 2], datatype: 'FP32', parameters: { binary_data_size: 16 } }],
  })
  expect(body.subarray(Number(length))).toEqual(Buffer.from(TENSOR.bytes))
})

test.each([
  [{ inputs: [{ name: 'z', datatype: 'FP32', shape: [-1, 2] }] }, 'expected one of z, got x'],
  [{ inputs: [{ name: 'x', datatype: 'INT64', shape: [-1, 2] }] }, 'expected int64, got float32'],
  [
    { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }] },
    'expected 3, which the model fixes',
  ],
  [{ inputs: 'x' }, 'inputs of its metadata: expected a list'],
])('refuses a model whose metadata is %j', async (metadata, problem) => {
  await expect(clientOf({ infer: () => {}, metadata })).rejects.toThrow(problem)
})

test('a server that is not there, or that has no such model, is refused', async () => {
  const target = { model: 'm', version: null, timeoutMs: 1000, headers: {} }
  const url = 'http://127.0.0.1:1'
  await expect(OipClient.open({ ...target, url }, [X])).rejects.toThrow('cannot be reached')
  const server = createServer((_, response) => response.writeHead(404).end('nothing here'))
  const there = `http://127.0.0.1:${await portOf(server)}`
  const refused = OipClient.open({ ...target, url: there }, [X])
  await expect(refused).rejects.toThrow('it answered 404 (nothing here)')
  server.closeAllConnections()
})

const answering =
  (act: (response: ServerResponse) => unknown): RequestListener =>
  (request, response) => {
    request.resume().on('end', () => act(response))
  }

test.each([
  ['nested values', ANSWER.replace('[1,2]}', '[[1],[2]]}')],
  ['its id', ANSWER.replace('{', '{"id":"0",')],
])('an answer with %s is right', async (_, answer) => {
  await send(await clientOf({ infer: answering((response) => response.end(answer)) }))
})

test('a type that only the server has is of its own lengths', async () => {
  const outputs = [{ name: 'y', datatype: 'BF16', shape: [-1, 1] }]
  const answer = ANSWER.replace('FP32', 'BF16')
  const infer = answering((response) => response.end(answer))
  await send(await clientOf({ infer, metadata: { ...METADATA, outputs } }))
  const unstated = await clientOf({ infer, metadata: { ...METADATA, outputs: [] } })
  await expect(send(unstated)).rejects.toThrow('expected one of the protocol, got BF16')
})

/** An output that states its bytes, and as many bytes behind it. */
function withBytes(stated: number, bytes: number): string {
  const output = { name: 'y', shape: [2, 1], datatype: 'FP32' }
  const outputs = [{ ...output, parameters: { binary_data_size: stated } }]
  return `${JSON.stringify({ outputs })}${'\u0000'.repeat(bytes)}`
}

function bytesBehind(response: ServerResponse, body: string): void {
  response.setHeader('Inference-Header-Content-Length', body.indexOf('\u0000'))
  response.end(body)
}

test.each<[string, TargetProblemKind, (response: ServerResponse) => unknown]>([
  ['a status of 500', 'status', (response) => response.writeHead(500).end('\u001b[2J')],
  ['a redirect', 'status', (response) => response.writeHead(307, { location: '/' }).end()],
  ['no JSON', 'answer', (response) => response.end('{"outputs":[NaN]}')],
  ['an error under 200', 'answer', (response) => response.end('{"error":"full"}')],
  ['no outputs', 'answer', (response) => response.end('{"outputs":[]}')],
  ['another batch', 'answer', (response) => response.end(ANSWER.replace('[2,1]', '[1,1]'))],
  ['a list', 'answer', (response) => response.end('[]')],
  ['another call', 'answer', (response) => response.end(ANSWER.replace('{', '{"id":"7",'))],
  ['another output', 'answer', (response) => response.end(ANSWER.replace('"y"', '"z"'))],
  ['another datatype', 'answer', (response) => response.end(ANSWER.replace('FP32', 'INT32'))],
  ['a text for a number', 'answer', (response) => response.end(ANSWER.replace('[1,', '["1",'))],
  [
    'a number without an end',
    'answer',
    (response) => response.end(ANSWER.replace('[1,', '[1e999,')),
  ],
  [
    'lists of other lengths',
    'answer',
    (response) => response.end(ANSWER.replace('[1,', '[[[1]],')),
  ],
  [
    'lists without an end',
    'answer',
    (response) => response.end(`{"error":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
  ],
  [
    'what was packed',
    'answer',
    (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(ANSWER),
  ],
  ['too few values', 'answer', (response) => response.end(ANSWER.replace('[1,2]}', '[1]}'))],
  ['no values', 'answer', (response) => response.end(ANSWER.replace('"data"', '"dat"'))],
  ['bytes that are not there', 'answer', (response) => response.end(withBytes(8, 0))],
  ['bytes of another length', 'answer', (response) => bytesBehind(response, withBytes(4, 4))],
  ['bytes of no output', 'answer', (response) => bytesBehind(response, withBytes(8, 9))],
  [
    'a wrong length of its JSON',
    'answer',
    (response) => {
      response.setHeader('Inference-Header-Content-Length', '1e9')
      response.end(ANSWER)
    },
  ],
  [
    'fewer bytes than it has stated',
    'connection lost',
    (response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{', () => response.destroy())
    },
  ],
  ['an end of the connection', 'connection lost', (response) => response.destroy()],
  ['silence', 'time-out', () => {}],
  [
    'a byte now and then',
    'time-out',
    (response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    },
  ],
  [
    'too many headers',
    'answer',
    (response) => {
      for (let i = 0; i < 2000; i++) response.setHeader(`x-${i}`, 'a'.repeat(100))
      response.end(ANSWER)
    },
  ],
])('%s is a problem of its kind', async (_, kind, act) => {
  const client = await clientOf({ infer: answering(act), timeoutMs: 300 })
  const problem = await send(client).catch((error) => error)
  expect(problem).toMatchObject({ kind })
  // what a server says must not command a terminal
  expect(problem.message).not.toContain('\u001b')
})

test('what is no HTTP is a problem, and the next call has a new connection', async () => {
  let answers = 0
  const server = createTcp((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      const text = `${data}`
      const body = text.includes('/infer')
        ? ANSWER
        : JSON.stringify(text.startsWith('GET /v2/models/m ') ? METADATA : {})
      if (text.includes('/infer') && answers++ === 0) {
        socket.end('SSH-2.0-hello\r\n\r\n')
        return
      }
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    })
  })
  const url = `http://127.0.0.1:${await portOf(server)}`
  const client = await OipClient.open(
    { url, model: 'm', version: null, timeoutMs: 2000, headers: {} },
    [X],
  )
  opened.unshift(client)
  await expect(send(client)).rejects.toMatchObject({ kind: 'answer' })
  await send(client)
})

test('headers hold keys of the environment, which no error repeats', async () => {
  vi.stubEnv('SPILLWAY_TEST_KEY', 'sk-0123456789')
  const got: (string | undefined)[] = []
  const client = await clientOf({
    headers: { 'x-api-key': `Key ${variable('SPILLWAY_TEST_KEY')}`, 'x-team': 'planning' },
    infer: (request, response) => {
      got.push(`${request.headers['x-api-key']}, ${request.headers['x-team']}`)
      response.writeHead(401, { 'inference-header-content-length': 'sk-0123456789' })
      response.end('no such key: sk-0123456789')
    },
  })
  const failed: Error = await send(client).then(
    () => new Error('answered'),
    (error) => error,
  )
  expect(got).toEqual(['Key sk-0123456789, planning'])
  expect(failed.message).not.toContain('0123456789')
  expect(failed.message).toContain('***')
})

test('a key in the text of an error is hidden in all places', async () => {
  vi.stubEnv('SPILLWAY_TEST_KEY', 'sk-0123456789')
  const client = await clientOf({
    headers: { 'x-api-key': variable('SPILLWAY_TEST_KEY') },
    infer: (_, response) => {
      response.writeHead(403)
      response.end('sk-0123456789, or sk-0123456789?')
    },
  })
  await expect(send(client)).rejects.toThrow('it answered 403 (*************, or *************?)')
})
