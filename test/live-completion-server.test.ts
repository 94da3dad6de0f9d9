import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { type ReplayOptions, replay } from '../runtime/jobs/replay.ts'
import { variable } from '../scenarios/schema/target-headers.ts'
import { notCounted } from '../sim/experiment/comparison/validity.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import { chunk, completionServer, DONE, honest, LIES, OTHERS } from './lying-completions.ts'
import { servedCommand } from './served-command.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** Servers that generate, as their clients see them. No test depends on speed. */

const folder = temporaryFolder()
const ENGINE = `spillway: 1
name: engine
duration_s: 1
models:
  decoder: { builtin: transformer-decoder, layers: 2, hidden: 64, heads: 4, kv_heads: 2, vocabulary: 512, context: 160 }
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
      max_sequences: 8
      token_budget: 64
      kv_cache: { blocks: 80, block_tokens: 16 }
`
const CHAT = `spillway: 1
name: chat
duration_s: 4
models:
  decoder: { work: { law: generation, base_ms: 1, per_sequence_ms: 0.1, per_prefill_token_ms: 0.02 } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 30 }
    input_tokens: { distribution: uniform, min: 1, max: 100 }
    output_tokens: { distribution: uniform, min: 1, max: 20 }
pools:
  - name: engine
    model: decoder
    generation: { policy: continuous, max_sequences: 8, token_budget: 64 }
    target: { kind: openai, url: 'URL', vocabulary: 512, timeout_s: 20 }
`
const at = (url: string, text = CHAT) => text.replace('URL', url)
const COLD: ReplayOptions = { replays: 1, warmUp: { shapesMs: 0, trafficMs: 0 } }

const opened: { close(): unknown }[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})
afterAll(() => vi.unstubAllEnvs())

async function replayedAt(url: string, text = CHAT) {
  const system = await loadSystem(put(folder, 'chat.yaml', at(url, text)), { profile: null })
  const [side] = await replay([system], COLD)
  return { side: side!, run: side!.replays.runs[0]! }
}

test('a server of our own has each request once, with the tokens that it asks for', async () => {
  const { url, command, metric } = await servedCommand(temporaryFolder(), ENGINE)
  const { side, run } = await replayedAt(url)
  const { count, columns } = run.rows
  const { at: due, started, firstToken, done, outcome, outputTokens, uncounted } = columns
  expect(count).toBeGreaterThanOrEqual(100)
  expect(run.problems).toBeUndefined()
  expect(outcome.every((of) => of === OUTCOME.served)).toBe(true)
  for (let key = 0; key < count; key++) {
    expect(firstToken[key]! - due[key]!).toBeLessThanOrEqual(done[key]! - due[key]!)
    expect(firstToken[key]!).toBeGreaterThanOrEqual(started[key]!)
    expect(uncounted[key]).toBe(0)
  }
  const asked = outputTokens.reduce((sum, tokens) => sum + tokens, 0)
  // the call that tried the server had two tokens
  expect(await metric(/^spillway_tokens_total\{.*of="answer"/)).toBe(asked + 2)
  expect(await metric(/^spillway_requests_total\{.*outcome="served"/)).toBe(count + 1)
  const [chat] = side.result.classes
  expect(chat!.tokens!.ttft.mean.n).toBe(count)
  expect(chat!.tokens!.preemptions).toMatchObject({ value: null, reason: 'a server hides it' })
  command.child.kill('SIGTERM')
  expect((await command.ended).code).toBe(0)
})
test('kept replays are compared with their rows, and the audit says what a server hides', async () => {
  const server = await completionServer(() => honest)
  opened.push(server)
  const { run } = commandsIn(folder)
  put(folder, 'kept.yaml', at(server.url))
  const given = ['--replays', '2', '--decision-log', '--out', 'kept']
  const replayed = await run('replay', 'kept.yaml', ...given)
  expect(replayed.code, replayed.stderr).toBe(0)
  expect(replayed.stdout).toMatch(/^chat, first token \(TTFT\) +[1-9]/m)
  const audited = await run('audit', 'kept')
  expect(audited.code, audited.stdout + audited.stderr).toBe(0)
  expect(audited.stdout).toMatch(/^conservation +\d+ +0/m)
  expect(audited.stdout).toMatch(/^tokens +[1-9]\d* +0/m)
  expect(audited.stdout).toMatch(/^kv-cache +not seen/m)
  const reported = await run('report', 'kept')
  expect(reported.code, reported.stderr).toBe(0)
  const blamed = await run('blame', 'kept')
  expect(blamed.stderr).toContain('a server hides what held its requests up')
})

test('the server of a pool is named on the command line, as its key is in the environment', async () => {
  const { url, command } = await servedCommand(temporaryFolder(), ENGINE)
  const { run } = commandsIn(folder, { variables: { ENGINE_KEY: 'sesame-sesame' } })
  const text = at('http://127.0.0.1:9', CHAT).replace(
    'vocabulary: 512',
    `vocabulary: 512, headers: { authorization: 'Bearer ${variable('ENGINE_KEY')}' }`,
  )
  put(folder, 'named.yaml', text)
  const given = ['--target', `engine=${url}`, '--replays', '1', '--set', 'duration_s=1']
  const replayed = await run('replay', 'named.yaml', ...given)
  expect(replayed.code, replayed.stderr).toBe(0)
  expect(replayed.stderr).toMatch(
    /ENGINE_KEY: sends \d+ requests \(\d+ tokens of prompts, \d+ of answers\) in 1 s/,
  )
  expect(replayed.stdout + replayed.stderr).not.toContain('sesame')
  command.child.kill('SIGTERM')
  await command.ended
})

const lies = Object.entries(LIES)

test('each lie of a server is an error of its kind, and holds no request beyond its time', async () => {
  const kinds = lies.map(([, [kind]]) => kind)
  const server = await completionServer((number) =>
    // the first call tries the server, each second one after it is right
    number % 2 === 0 ? honest : lies[((number - 1) / 2) % lies.length]![1][1],
  )
  opened.push(server)
  const { run } = await replayedAt(server.url, CHAT.replace('timeout_s: 20', 'timeout_s: 0.5'))
  const { outcome, started, ended, firstToken } = run.rows.columns
  const failed = [...outcome.keys()].filter((key) => outcome[key] === OUTCOME.failed)
  const counts: Record<string, number> = {}
  for (let i = 0; i < failed.length; i++) {
    counts[kinds[i % kinds.length]!] = (counts[kinds[i % kinds.length]!] ?? 0) + 1
  }
  expect(failed.length).toBeGreaterThanOrEqual(kinds.length)
  expect(run.problems).toEqual(counts)
  expect(server.calls.length).toBe(run.rows.count + 1)
  expect(outcome.every((of) => of === OUTCOME.served || of === OUTCOME.failed)).toBe(true)
  for (const key of failed) {
    expect(firstToken[key]).toBeNaN()
    expect(ended[key]! - started[key]!).toBeLessThan(10_000)
  }
  expect(notCounted([run])[0]!.figure).toContain('token count')
})

test('answers that come otherwise are served, and counts that are unknown stay so', async () => {
  const answers = Object.values(OTHERS)
  const server = await completionServer((number) =>
    number % 3 === 2
      ? (response) => response.end(chunk(' a b c') + DONE)
      : answers[number % answers.length]!,
  )
  opened.push(server)
  const { run, side } = await replayedAt(server.url)
  expect(run.problems).toBeUndefined()
  const { uncounted, outcome } = run.rows.columns
  expect(outcome.every((of) => of === OUTCOME.served)).toBe(true)
  const unknown = uncounted.reduce((sum, is) => sum + is, 0)
  expect(unknown).toBe(server.calls.filter((_, number) => number % 3 === 2).length)
  const { ttft, tpot, itl } = side.result.classes[0]!.tokens!
  expect(ttft.mean.n).toBe(run.rows.count)
  expect(tpot.mean.n).toBeLessThanOrEqual(run.rows.count - unknown)
  expect(itl.mean).toMatchObject({ value: null, reason: 'parts of a stream are not tokens' })
  expect(side.result.warnings.join('\n')).toContain(
    `${unknown} answers came without a count of their tokens`,
  )
})

test.each([
  [
    'calibrate',
    'chat.yaml',
    'engine.target.kind: calibrate does not measure servers of openai yet',
  ],
  ['run', 'chat.yaml', 'engine.target.kind: calibrate does not measure servers of openai yet'],
  ['serve', 'chat.yaml', 'engine.target: remove it: serve runs batches itself'],
])('%s refuses a server of completions by name', async (command, file, text) => {
  put(folder, file, at('http://127.0.0.1:9'))
  const { run } = commandsIn(folder)
  const { code, stderr } = await run(command, file)
  expect(code).toBe(3)
  expect(stderr).toContain(text)
})
