import { afterEach, expect, test, vi } from 'vitest'
import { variable } from '../../scenarios/schema/target-headers.ts'
import {
  type Answer,
  chunk,
  completionServer,
  DONE,
  event,
  honest,
  LIES,
  OTHERS,
} from '../../test/lying-completions.ts'
import type { HeaderTexts } from './call-headers.ts'
import { CompletionClient } from './completion-client.ts'
import type { TargetProblem } from './target-problem.ts'

/** Servers that answer as they should, and others that do not. */

const opened: { close(): unknown }[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const one of opened.splice(0)) await one.close()
})

const ASKED = { prompt: Int32Array.of(5, 6, 7), tokens: 4 }
const send = (client: CompletionClient) => client.send(client.encode(ASKED), ASKED.tokens)

interface Given {
  readonly timeoutMs?: number
  readonly headers?: HeaderTexts
}

async function clientAt(url: string, { timeoutMs = 5000, headers = {} }: Given = {}) {
  const target = { url, model: 'm', version: null, timeoutMs, headers }
  const client = await CompletionClient.open(target, {
    connections: 1,
    now: () => performance.now(),
  })
  opened.push(client)
  return client
}

/** A client of a server that answers so, once it has been tried. */
async function clientOf(answer: Answer, given: Given = {}) {
  const server = await completionServer((number) => (number === 0 ? honest : answer))
  opened.push(server)
  return { client: await clientAt(server.url, given), server }
}

const problemOf = (client: CompletionClient): Promise<TargetProblem> =>
  send(client).then(
    () => expect.fail('expected a problem'),
    (error) => error,
  )

test('asks for tokens with token ids, and counts those that come', async () => {
  const { client, server } = await clientOf(honest)
  const { firstTokenMs, endMs, tokens, chunks } = await send(client)
  expect({ tokens, chunks }).toEqual({ tokens: 4, chunks: 4 })
  expect(firstTokenMs).toBeLessThanOrEqual(endMs)
  expect(server.calls[1]).toEqual({
    ...{ model: 'm', prompt: [5, 6, 7], max_tokens: 4, temperature: 0 },
    ...{ stream: true, stream_options: { include_usage: true }, ignore_eos: true },
  })
})

test.each(Object.entries(OTHERS))('%s is an answer', async (_, answer) => {
  const { client } = await clientOf(answer)
  expect((await send(client)).tokens).toBe(4)
  // whatever was left of the answer, the next one comes
  expect((await send(client)).tokens).toBe(4)
})

test('the number of tokens is unknown where the server does not count them', async () => {
  const { client } = await clientOf((response) => response.end(chunk(' a b') + chunk(' c') + DONE))
  expect(await send(client)).toMatchObject({ tokens: null, chunks: 2 })
})

test('tokens that stand in events by their numbers are counted', async () => {
  const withIds = (token_ids: number[]) => event({ choices: [{ index: 0, text: ' a', token_ids }] })
  const { client } = await clientOf((response) =>
    response.end(withIds([1, 2, 3]) + withIds([4]) + DONE),
  )
  expect(await send(client)).toMatchObject({ tokens: 4, chunks: 2 })
})

test.each(Object.entries(LIES))('%s is an error of its kind', async (_, [kind, answer]) => {
  const { client } = await clientOf(answer, { timeoutMs: 400 })
  expect((await problemOf(client)).kind).toBe(kind)
  // and the connection is of use again, or another one is
  expect((await problemOf(client)).kind).toBe(kind)
})

test('an answer with another status, or that is no stream, is refused', async () => {
  const server = await completionServer((number, { max_tokens }) => {
    if (max_tokens === 2) return honest
    return number === 1
      ? { status: 503, text: '{"error":{"message":"busy"}}' }
      : number === 2
        ? { status: 200, text: '{"error":{"message":"busy"}}' }
        : { status: 200, text: '{"choices":[]}' }
  })
  opened.push(server)
  const client = await clientAt(server.url)
  expect(await problemOf(client)).toMatchObject({
    kind: 'status',
    message: expect.stringMatching(/503 .*busy/),
  })
  expect(await problemOf(client)).toMatchObject({ kind: 'stream error' })
  expect(await problemOf(client)).toMatchObject({
    kind: 'answer',
    message: expect.stringContaining('expected text/event-stream, got application/json'),
  })
})

test('a server that does not have ignore_eos is asked without it', async () => {
  const server = await completionServer((_, asked) =>
    'ignore_eos' in asked ? { status: 400, text: 'unknown: ignore_eos' } : honest,
  )
  opened.push(server)
  const client = await clientAt(server.url)
  expect((await send(client)).tokens).toBe(4)
  expect(server.calls.map((asked) => 'ignore_eos' in asked)).toEqual([true, false, false])
})

test('a server that refuses token ids is refused with its reason', async () => {
  const text = 'expected a text as prompt'
  const server = await completionServer(() => ({ status: 400, text }))
  opened.push(server)
  await expect(clientAt(server.url)).rejects.toThrow(`model m: it answered 400 (${text})`)
})

test('a key of the environment is sent, and is in no error', async () => {
  vi.stubEnv('SERVER_KEY', 'sesame-sesame')
  const { client } = await clientOf(
    (response) => response.end(event({ error: { message: 'no access with sesame-sesame' } })),
    { headers: { authorization: `Bearer ${variable('SERVER_KEY')}` } },
  )
  const { message } = await problemOf(client)
  expect(message).toContain('no access with ***')
})
