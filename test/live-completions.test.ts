import { execFile, spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, type TestContext, test } from 'vitest'
import { decoderOptions } from '../runtime/models/index.ts'
import { leastMargin, openWholeDecoder } from '../runtime/models/onnx.ts'
import { isBuiltinDecoder } from '../scenarios/index.ts'
import { stream } from '../sim/kernel/index.ts'
import { changed, scenarioOf } from './scenarios.ts'
import { servedCommand } from './served-command.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Completions over HTTP from a decoder that runs here: real clients, real tokens. */

const VOCABULARY = 512
const CONTEXT = 160
const CHAT = `spillway: 1
name: chat
duration_s: 1
models:
  decoder: { builtin: transformer-decoder, layers: 2, hidden: 64, heads: 4, kv_heads: 2, vocabulary: ${VOCABULARY}, context: ${CONTEXT} }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 5 }
    input_tokens: { distribution: uniform, min: 1, max: 100 }
    output_tokens: { distribution: uniform, min: 1, max: 50 }
pools:
  - name: engine
    model: decoder
    generation:
      policy: continuous
      max_sequences: 4
      token_budget: 32
      kv_cache: { blocks: 20, block_tokens: 16 }
`

interface Completion {
  readonly choices: {
    readonly text: string
    readonly token_ids: number[]
    readonly finish_reason: string | null
  }[]
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null
}

const post = (url: string, body: object) =>
  fetch(`${url}/v1/completions`, { method: 'POST', body: JSON.stringify(body) })

async function completed(url: string, body: object): Promise<Completion> {
  const response = await post(url, body)
  expect(response.status).toBe(200)
  return (await response.json()) as Completion
}

/** The events of a stream. */
async function streamed(url: string, body: object): Promise<Completion[]> {
  const response = await post(url, { ...body, stream: true })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const events = (await response.text()).split('\n\n')
  expect(events.splice(-2)).toEqual(['data: [DONE]', ''])
  return events.map((event) => JSON.parse(event.slice('data: '.length)) as Completion)
}

/** Expects that each token is the likeliest one, or nearly. */
async function expectRight(
  asked: readonly { readonly prompt: readonly number[] }[],
  answers: readonly (readonly number[])[],
): Promise<void> {
  const model = scenarioOf(CHAT).models.decoder!
  if (!isBuiltinDecoder(model)) throw new Error('Expected a decoder')
  const options = decoderOptions(model)
  const whole = await openWholeDecoder(options, 'fp32')
  const margin = leastMargin(options, 'fp32')
  for (const [i, { prompt }] of asked.entries()) {
    const own = answers[i]!
    const ids = [...prompt, ...own.slice(0, -1)]
    const wanted = (await whole.run(ids, [...ids.slice(1), own.at(-1)!])).slice(prompt.length - 1)
    for (const [n, { token, behind }] of wanted.entries()) {
      expect(token === own[n] || behind < margin, `token ${n} of ${i}`).toBe(true)
    }
  }
  await whole.close()
}

function requestsOf(count: number) {
  const random = stream(3, 0, 'prompts')
  const below = (n: number) => Math.floor(random.uniform() * n)
  return Array.from({ length: count }, () => ({
    model: 'decoder',
    prompt: Array.from({ length: 1 + below(100) }, () => below(VOCABULARY)),
    max_tokens: 1 + below(50),
  }))
}

test('tokens are those of a whole recomputation, streamed or not, with preemptions', async () => {
  const { url, command, metric } = await servedCommand(temporaryFolder(), CHAT)
  const asked = requestsOf(24)
  const answers = await Promise.all(
    asked.map(async (body, i) => {
      if (i % 2 === 0) {
        const { choices, usage } = await completed(url, body)
        const [{ token_ids, text, finish_reason }] = choices as [Completion['choices'][0]]
        expect(text).toBe(token_ids.map((id) => ` ${id}`).join(''))
        expect(finish_reason).toBe('length')
        expect(usage).toMatchObject({
          prompt_tokens: body.prompt.length,
          completion_tokens: body.max_tokens,
        })
        return token_ids
      }
      const events = await streamed(url, { ...body, stream_options: { include_usage: true } })
      expect(events.at(-1)).toMatchObject({
        choices: [],
        usage: { prompt_tokens: body.prompt.length, completion_tokens: body.max_tokens },
      })
      const tokens = events.slice(0, -1).map(({ choices }) => choices[0]!)
      expect(tokens.map(({ finish_reason }) => finish_reason)).toEqual(
        tokens.map((_, n) => (n === tokens.length - 1 ? 'length' : null)),
      )
      return tokens.flatMap(({ token_ids }) => token_ids)
    }),
  )
  expect(answers.map(({ length }) => length)).toEqual(asked.map(({ max_tokens }) => max_tokens))
  await expectRight(asked, answers)
  const tokens = asked.reduce((sum, { max_tokens }) => sum + max_tokens, 0)
  expect(await metric(/^spillway_tokens_total\{.*of="answer"/)).toBe(tokens)
  expect(await metric(/^spillway_time_to_first_token_seconds_count/)).toBe(24)
  command.child.kill('SIGTERM')
  const { code, stdout, stderr } = await command.ended
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('ended; requests: 24 served')
})

test('tokens of a stream come before the answer is complete', async () => {
  const long = changed(CHAT, [/context: \d+/, 'context: 4096'], ['blocks: 20', 'blocks: 300'])
  const { url, command, metric } = await servedCommand(temporaryFolder(), long)
  const body = { model: 'decoder', prompt: [1], max_tokens: 4000, stream: true }
  const reader = (await post(url, body)).body!.getReader()
  const first = new TextDecoder().decode((await reader.read()).value)
  expect(first).toMatch(/^data: /)
  expect(first).not.toContain('[DONE]')
  expect(await metric(/^spillway_requests_in_flight/)).toBe(1)
  // a client that leaves does not stop its request, nor the server
  await reader.cancel()
  while ((await metric(/^spillway_requests_in_flight/)) > 0) await sleep(20)
  expect(await metric(/^spillway_requests_total\{.*outcome="served"/)).toBe(1)
  command.child.kill('SIGTERM')
  expect((await command.ended).code).toBe(0)
})

test('what is no request for tokens is refused by name, as OpenAI does', async () => {
  const { url, command } = await servedCommand(temporaryFolder(), CHAT)
  const good = { model: 'decoder', prompt: [1, 2], max_tokens: 3 }
  for (const [change, status, problem] of [
    [{ model: 'other' }, 404, 'model: expected one of decoder, got "other"'],
    [{ prompt: 'hello' }, 400, 'prompt: expected token ids'],
    [{ prompt: [] }, 400, `prompt: expected 1 to ${CONTEXT - 1} tokens`],
    [
      { prompt: [VOCABULARY] },
      400,
      `prompt[0]: expected a whole number from 0 to ${VOCABULARY - 1}`,
    ],
    [{ prompt: [[1], [2]] }, 400, 'prompt[0]: expected a whole number'],
    [{ max_tokens: CONTEXT }, 400, `max_tokens: expected a whole number from 1 to ${CONTEXT - 2}`],
    [{ temperature: 0.7 }, 400, 'temperature: expected 0'],
    [{ stop: ['x'] }, 400, 'stop: remove it'],
    [{ class: 'other' }, 400, 'class: expected a class of decoder (chat)'],
    [{ stream: 'yes' }, 400, 'stream: expected true or false'],
  ] as const) {
    const response = await post(url, { ...good, ...change })
    expect(response.status, problem).toBe(status)
    const { error } = (await response.json()) as { error: { message: string; type: string } }
    expect(error.message).toContain(problem)
    expect(error.type).toBe('invalid_request_error')
  }
  expect((await completed(url, { ...good, prompt: [[1, 2]] })).choices[0]!.token_ids.length).toBe(3)
  expect((await completed(url, { ...good, max_tokens: undefined })).usage!.completion_tokens).toBe(
    16,
  )
  expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({
    object: 'list',
    data: [{ id: 'decoder', object: 'model', max_model_len: CONTEXT }],
  })
  command.child.kill('SIGTERM')
  await command.ended
})

/** The Python of the system, which has its packages. */
const PYTHON = '/usr/bin/python3'

/** Skips a test without the client; with CI=true it fails instead. */
function needOpenAi(context: TestContext): void {
  if (spawnSync(PYTHON, ['-c', 'import openai']).status === 0) return
  if (process.env.CI === 'true') throw new Error('expected openai: apt install python3-openai')
  context.skip('no openai: apt install python3-openai')
}

test('the client of OpenAI reads completions, streams, models and errors', async (context) => {
  needOpenAi(context)
  const folder = temporaryFolder()
  const { url, command } = await servedCommand(folder, CHAT)
  const script = put(
    folder,
    'client.py',
    `import json, sys
import openai
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", max_retries=0)
asked = dict(model="decoder", prompt=[5, 6, 7], max_tokens=9)
whole = client.completions.create(**asked)
chunks = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
try:
    client.completions.create(**{**asked, "prompt": "hello"})
    refused = None
except openai.BadRequestError as error:
    refused = error.message
print(json.dumps(dict(
    models=[model.id for model in client.models.list()],
    whole=whole.choices[0].text,
    reason=whole.choices[0].finish_reason,
    streamed="".join(chunk.choices[0].text for chunk in chunks if chunk.choices),
    tokens=[whole.usage.completion_tokens, chunks[-1].usage.completion_tokens],
    refused=refused,
)))
`,
  )
  const { stdout } = await promisify(execFile)(PYTHON, [script, url])
  const seen = JSON.parse(stdout)
  expect(seen).toMatchObject({ models: ['decoder'], reason: 'length', tokens: [9, 9] })
  expect(seen.whole.trim().split(' ').length).toBe(9)
  expect(seen.streamed).toBe(seen.whole)
  expect(seen.refused).toContain('expected token ids')
  command.child.kill('SIGTERM')
  await command.ended
})
