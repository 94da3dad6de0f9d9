import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { ask, body, INFER, served } from './oip-server.test-helper.ts'

/** Clients that keep what they can. Each test waits for what the server does, not for a time. */

async function socketTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** What comes until the server closes the connection. */
async function answerOn(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (data) => (text += data))
  // a reset is an end, too
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

const post = (headers: string) => `POST ${INFER} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`
const SOON = { headersMs: 100, bodyMs: 200, idleMs: 100, checkMs: 20 }

test.each([
  ['nothing', ''],
  ['half a header', 'GET /v2 HTTP/1.1\r\nHost: loc'],
  ['half a body', `${post('Content-Length: 100')}{"inputs"`],
  ['half a chunk', `${post('Transfer-Encoding: chunked')}20\r\n{"inputs"`],
])('a client that sends %s and waits is left with 408', async (_, text) => {
  const { server, port } = await served({ limits: SOON })
  const socket = await socketTo(port)
  const answer = answerOn(socket)
  socket.write(text)
  expect(await answer).toMatch(/^HTTP\/1.1 408 /)
  expect(server.bytesInMemory).toBe(0)
  expect((await ask(port, INFER, { body })).status).toBe(200)
})

test('a client that sends byte by byte has no longer than the others', async () => {
  const { port } = await served({ limits: SOON })
  const socket = await socketTo(port)
  const answer = answerOn(socket)
  socket.write('GET /v2 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  const sending = setInterval(() => socket.write('a'), 5)
  expect(await answer).toMatch(/^HTTP\/1.1 408 /)
  clearInterval(sending)
})

test('a connection without a request is closed', async () => {
  const { port } = await served({ limits: SOON })
  const socket = await socketTo(port)
  const answer = answerOn(socket)
  socket.write('GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect(await answer).toContain('{"live":true}')
})

test('connections beyond the limit are closed, and others are served after them', async () => {
  const { port } = await served({ limits: { connections: 3 } })
  const sockets = await Promise.all([1, 2, 3].map(() => socketTo(port)))
  await answerOn(await socketTo(port))
  for (const socket of sockets) socket.destroy()
  await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')))
  for (;;) {
    const answer = await ask(port, INFER, { body }).catch(() => null)
    if (answer === null) continue
    expect(answer.status).toBe(200)
    return
  }
})

test('a body that goes on after its answer is read to a limit, and then cut', async () => {
  const { server, port } = await served()
  const socket = await socketTo(port)
  const answer = answerOn(socket)
  socket.write(post('Transfer-Encoding: chunked'))
  const chunk = Buffer.concat([
    Buffer.from('10000\r\n'),
    Buffer.alloc(65_536, 32),
    Buffer.from('\r\n'),
  ])
  let sent = 0
  const send = () => {
    while (!socket.destroyed) {
      sent += chunk.length
      if (!socket.write(chunk)) return
    }
  }
  socket.on('drain', send)
  send()
  expect(await answer).toMatch(/^HTTP\/1.1 413 /)
  // with what the system keeps of a connection
  expect(sent).toBeLessThan(64 * 2 ** 20)
  expect(server.bytesInMemory).toBe(0)
})

test('a body that ends a little later leaves the connection to the next request', async () => {
  const { port } = await served()
  const socket = await socketTo(port)
  const answer = answerOn(socket)
  const large = Buffer.alloc(500_000, 32)
  socket.write(post(`Content-Length: ${large.length}`))
  socket.write(large)
  socket.write('GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  expect(await answer).toMatch(/^HTTP\/1.1 413 .*HTTP\/1.1 200 OK.*\{"live":true\}$/s)
})

test('a client that asks first is answered before it sends a body', async () => {
  const { port } = await served()
  const refused = await socketTo(port)
  const answer = answerOn(refused)
  refused.write(post('Expect: 100-continue\r\nContent-Length: 1000000000'))
  expect(await answer).toMatch(/^HTTP\/1.1 413 /)
  const served_ = await socketTo(port)
  let text = ''
  served_.on('data', (data) => (text += data))
  served_.write(post(`Expect: 100-continue\r\nConnection: close\r\nContent-Length: ${body.length}`))
  await once(served_, 'data')
  expect(text).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  served_.write(body)
  await once(served_, 'close')
  expect(text).toContain('HTTP/1.1 200 OK')
})

test('bodies together have a limit', async () => {
  const { server, port } = await served({ limits: { bytes: body.length + 10 } })
  const socket = await socketTo(port)
  socket.write(`${post('Content-Length: 100')}${' '.repeat(50)}`)
  while (server.bytesInMemory < 50) await new Promise((resolve) => setImmediate(resolve))
  const answer = await ask(port, INFER, { body })
  expect(answer.status).toBe(503)
  expect(answer.text).toContain('too many bytes of requests are in memory')
  socket.destroy()
  while (server.bytesInMemory > 0) await new Promise((resolve) => setImmediate(resolve))
  expect((await ask(port, INFER, { body })).status).toBe(200)
})

test('requests behind one that waits are not read without end', async () => {
  const { port } = await served({ ends: ['never'], maxRequests: 1 })
  const socket = await socketTo(port)
  socket.write(`${post(`Content-Length: ${body.length}`)}${body}`)
  const more = 'GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20_000)
  // the system keeps some MB, the server no more than some answers
  let sent = 0
  while (sent < 256 * 2 ** 20 && socket.write(more)) sent += more.length
  while (sent < 256 * 2 ** 20) {
    const drained = once(socket, 'drain').then(() => true)
    const idle = ask(port, '/v2').then(() => false)
    if (!(await Promise.race([drained, idle]))) break
    socket.write(more)
    sent += more.length
  }
  expect(sent).toBeLessThan(256 * 2 ** 20)
  socket.destroy()
})

test.each([
  ['no HTTP', 'hello\r\n\r\n'],
  ['two lengths', `${post('Content-Length: 3\r\nContent-Length: 4')}{}  `],
  ['a length and chunks', `${post('Content-Length: 3\r\nTransfer-Encoding: chunked')}0\r\n\r\n`],
  ['a length below zero', post('Content-Length: -1')],
  ['too many bytes of headers', `GET /v2 HTTP/1.1\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`],
  ['a chunk without a size', `${post('Transfer-Encoding: chunked')}zz\r\n`],
  ['a tunnel', 'CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
])('%s ends its connection only', async (_, text) => {
  const { port } = await served()
  const socket = await socketTo(port)
  const answer = answerOn(socket)
  socket.write(text)
  expect(await answer).not.toContain('200 OK')
  expect((await ask(port, INFER, { body })).status).toBe(200)
})

test.each([
  ['two hosts', 'GET /v2 HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n', 403],
  ['no host', 'GET /v2 HTTP/1.0\r\n\r\n', 403],
  [
    'another host by its target',
    'GET http://evil.example/v2 HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    403,
  ],
  ['a target without a path', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
])('%s is refused', async (_, text, status) => {
  const { port } = await served({ limits: { idleMs: 50 } })
  const socket = await socketTo(port)
  const answer = answerOn(socket)
  socket.write(text)
  expect(await answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
})
