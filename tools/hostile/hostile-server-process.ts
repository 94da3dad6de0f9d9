import { type AddressInfo, createServer, type Socket } from 'node:net'
import { serveParent } from '../../runtime/process/serve-parent.ts'
import { BASES, type BaseName } from './base-answer.ts'
import { bytesOf } from './hostile-answer.ts'
import { hostileAnswer } from './mutations.ts'

/**
 * A server of bytes, so that it can send what no server of HTTP would. `/NUMBER/BASE` before a path
 * draws the answer to `metadata`; the header `x-number` that to a batch. Others get right answers.
 */

export interface HostileServerRequest {
  readonly seed: number
  /** `host:port` that no call may reach */
  readonly decoy: string
}

const END_OF_HEAD = '\r\n\r\n'

interface Asked {
  readonly path: string
  /** of the answer; null: it is right */
  readonly number: number | null
  readonly base: BaseName | 'server'
  readonly id: string
}

function askedOf(head: string, body: string): Asked {
  const path = head.split(' ', 2)[1]!
  const [, opening, protocol] = /^\/(\d+|-)\/(json|binary)\//.exec(path) ?? []
  const id = /"id":"([^"]*)"/.exec(body)?.[1] ?? ''
  const number = /^x-number: *(\d+)/im.exec(head)?.[1]
  if (path.endsWith('/infer')) {
    return {
      path,
      number: number === undefined ? null : Number(number),
      base: protocol as BaseName,
      id,
    }
  }
  if (path.endsWith('/v2')) return { path, number: null, base: 'server', id }
  return { path, number: opening === '-' ? null : Number(opening), base: 'metadata', id }
}

function answer(socket: Socket, asked: Asked, { seed, decoy }: HostileServerRequest): void {
  const { number, base, id, path } = asked
  if (base === 'server') {
    const extensions = path.includes('/binary/') ? ['binary_tensor_data'] : []
    socket.write(bytesOf({ headers: [], body: JSON.stringify({ name: 'hostile', extensions }) }))
  } else if (number === null) socket.write(bytesOf(BASES[base](id)))
  else hostileAnswer({ seed, number, base, id, decoy }).play(socket)
}

function converse(socket: Socket, request: HostileServerRequest): void {
  let text = ''
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  socket.on('data', (data: string) => {
    text += data
    const end = text.indexOf(END_OF_HEAD)
    if (end < 0) return
    const head = text.slice(0, end)
    const from = end + END_OF_HEAD.length
    const to = from + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
    if (text.length < to) return
    const body = text.slice(from, to)
    text = text.slice(to)
    answer(socket, askedOf(head, body), request)
  })
}

function listen(request: HostileServerRequest): Promise<number> {
  const server = createServer((socket) => converse(socket, request))
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

serveParent(listen)
