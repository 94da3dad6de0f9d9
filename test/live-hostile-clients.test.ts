import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stream } from '../sim/kernel/index.ts'
import { processesWith } from './command-line.ts'
import { ENCODER, encoderInputs, type ServedCommand, servedCommand } from './served-command.ts'
import { temporaryFolder } from './spillway.ts'
import { noStrace, readTrace, traceTo } from './traced.ts'

/**
 * Clients that want to stop the server, to fill its memory or to read a file of its machine: it
 * serves others meanwhile, and opens no file for any of them.
 */

const folder = temporaryFolder()
const INFER = '/v2/models/encoder/infer'
const GOOD = JSON.stringify({ inputs: encoderInputs([1, 2, 3]) })
/** Of all connections that are held at once. */
const HELD = 1500
const MUTATED = 1000
const MOST_MIB = 300

const headers = (path: string, more: string) =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n\r\n`

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** Sends bytes on a connection of its own; null where it is closed without an answer. */
async function raw(port: number, bytes: string | Uint8Array): Promise<Answer | null> {
  const socket = await opened(port)
  let text = ''
  socket.on('data', (data) => (text += data))
  socket.end(bytes)
  await once(socket, 'close')
  const status = /^HTTP\/1\.1 (\d+) /.exec(text)?.[1]
  return status === undefined ? null : { status: Number(status), text }
}

/** A request whose path is not normalised, as `fetch` would do. */
const ask = (port: number, path: string, { method = 'GET', body = '', host = 'localhost' } = {}) =>
  new Promise<Answer>((resolve, reject) => {
    const options = { port, path, method, agent: false, headers: { host } }
    const request = httpRequest({ host: '127.0.0.1', ...options }, (response) => {
      let text = ''
      response.on('data', (data) => (text += data))
      response.on('end', () => resolve({ status: response.statusCode!, text }))
    })
    request.on('error', reject).end(body)
  })

async function expectServed({ port }: ServedCommand): Promise<void> {
  for (let i = 0; i < 3; i++) {
    expect((await ask(port, INFER, { method: 'POST', body: GOOD })).status).toBe(200)
  }
}

/** Sends a body without an end, until the connection is closed. */
async function endless(port: number): Promise<void> {
  const socket = await opened(port)
  socket.resume()
  socket.write(headers(INFER, 'Transfer-Encoding: chunked'))
  const chunk = Buffer.from(`10000\r\n${' '.repeat(65_536)}\r\n`)
  while (!socket.destroyed) {
    if (socket.write(chunk)) continue
    const end = new AbortController()
    const next = ['drain', 'close'].map((name) => once(socket, name, { signal: end.signal }))
    await Promise.race(next).catch(() => {})
    end.abort()
    await Promise.allSettled(next)
  }
}

/** A request with some of its bytes changed, cut, repeated or put in its middle. */
function mutated(text: string, random: ReturnType<typeof stream>): Uint8Array {
  let bytes = Buffer.from(text)
  const below = (n: number) => Math.floor(random.uniform() * n)
  const pieces = [
    '[',
    '{',
    '"',
    '\\u0000',
    '1e999',
    '-1',
    'null',
    ']',
    '}',
    ',',
    'NaN',
    '\xff',
    '9'.repeat(400),
  ]
  for (let i = 0; i <= below(4); i++) {
    const at = below(bytes.length)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    const piece = Buffer.from(pieces[below(pieces.length)]!, 'latin1')
    const kinds = [
      () => Buffer.concat([before, piece, after]),
      () => Buffer.concat([before, after.subarray(1 + below(20))]),
      () => Buffer.concat([before, after.subarray(0, 30), after]),
      () => before,
    ]
    bytes = kinds[below(kinds.length)]!()
    if (bytes.length === 0) return bytes
  }
  return bytes
}

const PATHS = [
  '/v2/models/../../../../etc/passwd',
  '/v2/models/..%2f..%2f..%2fetc%2fpasswd',
  '/v2/models/%2e%2e/%2e%2e/infer',
  '/v2/models/encoder%00/infer',
  '/v2/models/encoder/versions/..%2f1/infer',
  '/v2/models//etc/passwd/infer',
  '/v2/models/__proto__/stats',
  '/v2/models/constructor/infer',
  '/../served.json',
  '/served.yaml',
  `/${'a/'.repeat(4000)}`,
  '/v2/models/%E0%A4%A/infer',
  '//evil.example/v2',
  '/metrics/../v2/models/../../served.json',
]

test('no client stops the server, fills its memory or has it open a file', async () => {
  const trace = join(folder, 'served.trace')
  const under = noStrace ? [] : traceTo(trace)
  const server = await servedCommand(folder, ENCODER, { under })
  const { port } = server
  await expectServed(server)
  const [files, mib] = [noStrace ? [] : readTrace(trace).files, server.peakMib()]

  // connections that are held: silent ones, half a header, half a body
  const beginnings = [
    '',
    'GET /v2 HTTP/1.1\r\nHost: loc',
    `${headers(INFER, 'Content-Length: 900')}{`,
  ]
  const held = await Promise.all(
    Array.from({ length: HELD }, async (_, i) => {
      const socket = await opened(port)
      socket.resume()
      socket.write(beginnings[i % beginnings.length]!)
      return socket
    }),
  )
  await expectServed(server)

  // large bodies: announced, streamed, and in a header of binary tensors
  const announced = await raw(port, headers(INFER, 'Content-Length: 1000000000'))
  expect(announced?.status).toBe(413)
  await Promise.all([1, 2, 3, 4].map(() => endless(port)))
  const lengths = 'Content-Length: 2\r\nInference-Header-Content-Length: 4000000000'
  expect((await raw(port, `${headers(INFER, lengths)}{}`))?.status).toBe(400)
  await expectServed(server)

  // JSON that takes far more memory or stack than its text
  const most = 60_000
  const bodies = [
    '['.repeat(most),
    `${'['.repeat(most / 2)}${']'.repeat(most / 2)}`,
    `{"inputs":${'['.repeat(most / 3)}${']'.repeat(most / 3)}}`,
    '{"a":'.repeat(most / 5),
    `[${'{},'.repeat(most / 4)}{}]`,
    `{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1,9007199254740993],"data":[]}]}`,
    GOOD.replace('[1,2,3]', '[NaN,2,3]'),
    GOOD.replace('[1,2,3]', '[1e999,2,3]'),
    GOOD.replace('[1,2,3]', '[1000000,2,3]'),
    GOOD.replace('[1,2,3]', '[1,2,99999999999999999999]'),
    '{"__proto__":{"inputs":[]}}',
    '\u0000',
    '',
  ]
  for (const body of bodies) {
    const { status, text } = await ask(port, INFER, { method: 'POST', body })
    expect([400, 413], body.slice(0, 80)).toContain(status)
    expect(text.length, body.slice(0, 80)).toBeLessThan(1000)
  }

  for (const path of PATHS) {
    for (const method of ['GET', 'POST']) {
      const { status, text } = await ask(port, path, { method })
      expect([400, 404, 405], path).toContain(status)
      expect(text).not.toMatch(/root:|spillway-profile/)
    }
  }
  for (const host of ['evil.example', '169.254.169.254', 'localhost.evil.example', '[::1', '']) {
    const request = `GET /v2 HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    expect((await raw(port, request))?.status, host).toBe(403)
  }

  const random = stream(1, 0, 'mutations')
  const whole = `${headers(INFER, `Content-Length: ${GOOD.length}\r\nConnection: close`)}${GOOD}`
  for (let i = 0; i < MUTATED; i += 10) {
    const sent = Array.from({ length: 10 }, () => mutated(whole, random))
    for (const [j, answer] of (
      await Promise.all(sent.map((bytes) => raw(port, bytes)))
    ).entries()) {
      if (answer === null) continue
      const text = Buffer.from(sent[j]!).toString('latin1')
      expect([200, 400, 403, 404, 405, 408, 413, 431, 501], text).toContain(answer.status)
      expect(answer.text, text).not.toContain('internal error')
    }
  }
  await expectServed(server)

  expect(server.peakMib() - mib).toBeLessThan(MOST_MIB)
  // it ends although clients hold connections; strace would keep the signal to itself
  const [command] = processesWith(`SPILLWAY_CACHE=${folder}/cache`).filter(
    ({ command }) => command.includes('\0serve\0') && !command.startsWith('strace\0'),
  )
  process.kill(command!.pid, 'SIGTERM')
  const { code, stdout, stderr } = await server.command.ended
  for (const socket of held) socket.destroy()
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('ended; requests:')
  expect(stderr).not.toContain('internal error')
  if (noStrace) return
  const later = readTrace(trace).files.filter((path) => !files.includes(path))
  expect(later.filter((path) => !/^\/(proc|sys)\//.test(path))).toEqual([])
})
