import { createServer, type Socket } from 'node:net'
import { serveParent } from '../process/serve-parent.ts'
import type { SentTensor } from './oip-client.ts'

/** What a null server states of its only model. */
export interface NullServerRequest {
  readonly input: Pick<SentTensor, 'name'> & { readonly width: number }
}

const END_OF_HEAD = '\r\n\r\n'
const LENGTH = /^content-length: *(\d+)/im
/** A single request of single values: it is the least that is a valid answer. */
const ANSWER = { outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [0] }] }

/**
 * A server with the Open Inference Protocol that answers at once whatever is asked of its model.
 * It takes a fifth of the processor time of `node:http`, which it shares with the client that it
 * measures. Only a client of Spillway is to be trusted with it.
 */
async function listen({ input: { name, width } }: NullServerRequest): Promise<number> {
  const inputs = [{ name, datatype: 'FP32', shape: [-1, width] }]
  const [answer, metadata, server] = [ANSWER, { inputs }, {}].map(responseOf)
  const responseTo = (head: string) => {
    if (head.startsWith('POST')) return answer!
    return head.startsWith('GET /v2/models') ? metadata! : server!
  }
  const listening = createServer({ noDelay: true }, (socket) => answerAll(socket, responseTo))
  return new Promise((resolve) => {
    listening.listen(0, '127.0.0.1', () => resolve((listening.address() as { port: number }).port))
  })
}

function responseOf(value: object): Buffer {
  const body = JSON.stringify(value)
  return Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}${END_OF_HEAD}${body}`)
}

function answerAll(socket: Socket, responseTo: (head: string) => Buffer): void {
  let text = ''
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  socket.on('data', (data: string) => {
    text += data
    for (;;) {
      const end = text.indexOf(END_OF_HEAD)
      if (end < 0) return
      const head = text.slice(0, end)
      const whole = end + END_OF_HEAD.length + Number(LENGTH.exec(head)?.[1] ?? 0)
      if (text.length < whole) return
      text = text.slice(whole)
      socket.write(responseTo(head))
    }
  })
}

serveParent(listen)
