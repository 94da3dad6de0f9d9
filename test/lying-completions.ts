import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server with OpenAI's completions, and others that lie. */

/** What a client has asked for. */
export interface AskedOf {
  readonly prompt: readonly number[]
  readonly max_tokens: number
  readonly [key: string]: unknown
}

/** Writes what follows the head of a stream. */
export type Answer = (response: ServerResponse, asked: AskedOf) => void

export const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
export const chunk = (text: string) => event({ choices: [{ index: 0, text, finish_reason: null }] })
export const usage = (completion_tokens: unknown) =>
  event({ choices: [], usage: { prompt_tokens: 3, completion_tokens } })
export const DONE = 'data: [DONE]\n\n'

const tokens = (count: number) => Array.from({ length: count }, () => chunk(' a')).join('')

/** As it should be. */
export const honest: Answer = (response, { max_tokens }) =>
  response.end(tokens(max_tokens) + usage(max_tokens) + DONE)

/** Answers that are right, too. */
export const OTHERS: Readonly<Record<string, Answer>> = {
  'many tokens in a chunk': (response, { max_tokens }) =>
    response.end(chunk(' a b c d') + usage(max_tokens) + DONE),
  'pings between': (response, { max_tokens }) =>
    response.end(`: ping\n\n${tokens(max_tokens)}:\n\n${usage(max_tokens)}: x\n\n${DONE}`),
  'counts in each event': (response, { max_tokens }) => {
    for (let i = 1; i <= max_tokens; i++) {
      const choices = [{ index: 0, text: ' a', finish_reason: null }]
      response.write(event({ choices, usage: { completion_tokens: i } }))
    }
    response.end(DONE)
  },
  'parts of a byte': (response, { max_tokens }) => {
    const bytes = Buffer.from(chunk(' grüße 😀') + usage(max_tokens) + DONE)
    response.socket!.setNoDelay(true)
    let at = 0
    const next = () => {
      response.write(bytes.subarray(at, ++at))
      if (at < bytes.length) setImmediate(next)
      else response.end()
    }
    next()
  },
  'tokens without a text': (response, { max_tokens }) => {
    for (let i = 0; i < max_tokens; i++) response.write(chunk(''))
    response.end(usage(max_tokens) + DONE)
  },
  'a connection that stays open after the end': (response, { max_tokens }) =>
    response.write(tokens(max_tokens) + usage(max_tokens) + DONE),
}

/** Each with the kind of its error. */
export const LIES: Readonly<Record<string, readonly [kind: string, Answer]>> = {
  'an error under status 200': [
    'stream error',
    (response) => response.end(event({ error: { message: 'out of memory' } }) + DONE),
  ],
  'an error after tokens': [
    'stream error',
    (response) => response.end(`${tokens(1)}event: error\ndata: out of memory\n\n`),
  ],
  'an error as an object of vLLM': [
    'stream error',
    (response) => response.end(event({ object: 'error', message: 'busy' })),
  ],
  'a stream that is cut': ['stream cut', (response) => response.end(tokens(2))],
  'a stream that is cut in an event': ['stream cut', (response) => response.end('data: {"cho')],
  'a stream without events': ['stream cut', (response) => response.end()],
  'a connection that is cut': [
    'connection lost',
    (response) => response.write(tokens(1), () => response.destroy()),
  ],
  'counts above what was asked': [
    'token count',
    (response, { max_tokens }) => response.end(chunk(' a') + usage(max_tokens + 1) + DONE),
  ],
  'counts below the events with tokens': [
    'token count',
    (response, { max_tokens }) => response.end(tokens(max_tokens + 3) + usage(max_tokens) + DONE),
  ],
  'fewer tokens than were asked for': [
    'token count',
    (response, { max_tokens }) =>
      response.end(tokens(max_tokens - 1) + usage(max_tokens - 1) + DONE),
  ],
  'a count that is none': ['answer', (response) => response.end(tokens(1) + usage('many') + DONE)],
  'no token at all': [
    'answer',
    (response, { max_tokens }) => response.end(usage(max_tokens) + DONE),
  ],
  'events that are no JSON': ['answer', (response) => response.end(`data: {"choices"\n\n${DONE}`)],
  'events of another API': ['answer', (response) => response.end(event({ delta: 'a' }) + DONE)],
  'a line without an end': [
    'answer',
    (response) => {
      const part = Buffer.alloc(2 ** 16, 'x')
      response.on('error', () => {})
      const flood = () => {
        if (response.destroyed || response.socket === null) return
        if (response.write(part)) setImmediate(flood)
        else response.once('drain', flood)
      }
      flood()
    },
  ],
  'a stream that stands still': ['time-out', (response) => response.write(tokens(1))],
  'pings without an end': [
    'time-out',
    (response) => {
      const timer = setInterval(() => response.write(': ping\n\n'), 20)
      response.on('close', () => clearInterval(timer))
    },
  ],
}

async function asked(request: IncomingMessage): Promise<AskedOf> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString()) as AskedOf
}

/** `answerOf`: by the number of the call, from 0; null for another status than 200. */
export async function completionServer(
  answerOf: (number: number, asked: AskedOf) => Answer | { readonly status: number; text: string },
) {
  const calls: AskedOf[] = []
  const server = createServer(async (request, response) => {
    if (request.url !== '/v1/completions') return void response.writeHead(404).end()
    const body = await asked(request)
    const answer = answerOf(calls.push(body) - 1, body)
    if (typeof answer !== 'function') {
      response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(answer.text)
      return
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
    answer(response, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
