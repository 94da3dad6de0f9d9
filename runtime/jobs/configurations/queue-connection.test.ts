import { createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { connected, shown } from './queue-connection.ts'

test.each([
  ['redis://u:pa/ss@host:1', 'redis://…@host:1'],
  ['redis://u:p@ss?x#y@host:1/2', 'redis://…@host:1/2'],
  ['redis://host:1?password=secret', 'redis://host:1'],
  ['redis://host:1', 'redis://host:1'],
])('the password of %s is not shown', (url, text) => {
  expect(shown(url)).toBe(text)
})

function silentServer(): Promise<{ readonly server: Server; readonly url: string }> {
  return new Promise((resolve) => {
    const server = createServer((socket) => void socket.on('error', () => {}))
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      resolve({ server, url: `redis://127.0.0.1:${port}` })
    })
  })
}

test('a server that accepts and says nothing is named, or left on the first signal', async () => {
  const { server, url } = await silentServer()
  await expect(connected(url)).rejects.toThrow(`--queue ${url}: no answer in 10 s; `)
  const controller = new AbortController()
  const accepted = new Promise((resolve) => server.once('connection', resolve))
  const found = connected(url, controller.signal)
  found.catch(() => {})
  await accepted
  controller.abort()
  await expect(found).rejects.toMatchObject({ exitCode: 130 })
  server.close()
})
