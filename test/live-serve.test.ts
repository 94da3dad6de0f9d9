import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { importStatistics } from '../runtime/jobs/import/import-statistics.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { type ServeOptions, serve } from '../runtime/jobs/serve/serve.ts'
import { materialise, sessionOptions } from '../runtime/models/index.ts'
import { openSession, Tensor } from '../runtime/models/onnx.ts'
import type { ServeEnd } from '../runtime/serve/serve-setup.ts'
import { madeUpProfile } from './profiles.ts'
import { needPrometheus } from './prometheus.ts'
import { changed, scenarioOf } from './scenarios.ts'
import { ENCODER, encoderInputs, servedCommand, VOCABULARY } from './served-command.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Clients of real models, over HTTP on the loopback. No test depends on speed. */

const folder = temporaryFolder()
beforeAll(() => vi.stubEnv('SPILLWAY_CACHE', `${folder}/cache`))
afterAll(() => vi.unstubAllEnvs())

/** A net whose batches take some ms, on a small queue. */
const SLOW = `spillway: 1
name: slow
duration_s: 1
models:
  net: { builtin: mlp, layers: 24, width: 1024 }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 10 }
pools:
  - name: central
    model: net
    queue: { max_length: 2 }
`

interface Serving {
  readonly url: string
  /** Ends the server as a signal does. */
  end(): Promise<ServeEnd>
}

let number = 0

async function serving(scenario: string, options: Partial<ServeOptions> = {}): Promise<Serving> {
  const path = put(folder, `served-${number++}.yaml`, scenario)
  const system = await loadSystem(path, { profile: madeUpProfile(scenario) })
  const abort = new AbortController()
  let ended: Promise<ServeEnd> | null = null
  const port = await new Promise<number>((resolve, reject) => {
    ended = serve(system, {
      ...{ host: '127.0.0.1', port: 0, allowedHosts: [], maxRequests: 64, drainMs: 60_000 },
      ...{ warmUp: { shapesMs: 0 }, signal: abort.signal, onWarning: () => {} },
      onListening: resolve,
      ...options,
    })
    ended.catch(reject)
  })
  const end = () => {
    abort.abort()
    return ended!
  }
  return { url: `http://127.0.0.1:${port}`, end }
}

const textOf = (seed: number) =>
  Array.from({ length: 1 + ((seed * 7) % 60) }, (_, i) => (seed * 31 + i * 17) % VOCABULARY)

async function post(url: string, model: string, body: object, signal?: AbortSignal) {
  const response = await fetch(`${url}/v2/models/${model}/infer`, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal && { signal }),
  })
  return { status: response.status, body: (await response.json()) as Answered }
}

interface Answered {
  readonly error?: string
  readonly outputs: readonly { readonly shape: number[]; readonly data: number[] }[]
}

const netRequest = { inputs: [{ name: 'x', shape: [1, 1024], datatype: 'FP32', data: ones(1024) }] }

function ones(count: number): number[] {
  return Array.from({ length: count }, () => 1)
}

const counted = (answers: readonly { readonly status: number }[]) => {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

test('answers are those of ONNX Runtime alone, and batches form', async () => {
  const server = await serving(ENCODER)
  const texts = Array.from({ length: 60 }, (_, i) => textOf(i))
  const answers = await Promise.all(
    texts.map((ids, i) => {
      const parameters = { class: i % 2 === 0 ? 'text' : 'long' }
      return post(server.url, 'encoder', { inputs: encoderInputs(ids), parameters })
    }),
  )
  expect(counted(answers)).toEqual({ 200: 60 })

  const scenario = scenarioOf(ENCODER)
  const places = { directory: folder, cacheDirectory: `${folder}/cache` }
  const file = await materialise(scenario.models.encoder!, 'fp32', places)
  const { session } = await openSession(file, sessionOptions(scenario.pools[0]!))
  let furthest = 0
  for (const [i, ids] of texts.entries()) {
    const tensor = (values: readonly number[]) =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), [1, ids.length])
    const feeds = { input_ids: tensor(ids), attention_mask: tensor(ids.map(() => 1)) }
    const { pooled } = await session.run(feeds)
    const [output] = answers[i]!.body.outputs
    expect(output!.shape).toEqual(pooled!.dims)
    const alone = pooled!.data as Float32Array
    for (const [j, value] of output!.data.entries()) {
      furthest = Math.max(furthest, Math.abs(value - alone[j]!))
    }
  }
  await session.release()
  expect(furthest).toBeLessThan(1e-6)

  const stats = (await (await fetch(`${server.url}/v2/models/encoder/stats`)).json()) as {
    model_stats: {
      inference_count: number
      execution_count: number
      batch_stats: { batch_size: number; compute_infer: { count: number; ns: number } }[]
    }[]
  }
  const { inference_count, execution_count, batch_stats } = stats.model_stats[0]!
  expect(inference_count).toBe(60)
  expect(execution_count).toBeLessThan(40)
  const inBatches = batch_stats.reduce(
    (sum, { batch_size, compute_infer }) => sum + batch_size * compute_infer.count,
    0,
  )
  expect(inBatches).toBe(60)
  const executions = batch_stats.reduce((sum, { compute_infer }) => sum + compute_infer.count, 0)
  expect(executions).toBe(execution_count)
  expect(batch_stats.every(({ compute_infer }) => compute_infer.ns > 0)).toBe(true)
  const text = await (await fetch(`${server.url}/v2/models/encoder/stats`)).text()
  const imported = await importStatistics([put(folder, 'stats.json', text)])
  const sizes = batch_stats.map((of) => of.batch_size).sort((a, b) => a - b)
  expect(imported.scenario).toMatchObject({ models: { server: { work: { law: 'table', sizes } } } })
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  expect(metrics).toContain('{model="encoder",class="long",outcome="served"} 30')
  expect(metrics).toContain('spillway_requests_in_flight{model="encoder"} 0')
  expect(metrics).toContain(`spillway_batch_size_count{model="encoder"} ${execution_count}`)
  expect(await server.end()).toEqual({ requests: { served: 60 }, left: 0 })
})

test('a token beyond the vocabulary fails its request, and not those in its batch', async () => {
  const server = await serving(ENCODER)
  const texts = [
    [1, 2, 3],
    [4, VOCABULARY + 7],
    [5, 6, 7, 8],
  ]
  const answers = await Promise.all(
    texts.map((ids) => post(server.url, 'encoder', { inputs: encoderInputs(ids) })),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 400, 200])
  expect(answers[1]!.body.error).toContain('cannot run these inputs')
  const long = await post(server.url, 'encoder', { inputs: encoderInputs(ones(61)) })
  expect(long.status).toBe(400)
  expect(long.body.error).toContain('expected a whole number from 1 to 60, got 61')
  expect((await server.end()).requests).toEqual({ served: 2, invalid: 1 })
})

test('a full queue sheds, and requests that wait too long time out', async () => {
  const burst = async (scenario: string) => {
    const server = await serving(scenario)
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => post(server.url, 'net', netRequest)),
    )
    const { requests, left } = await server.end()
    expect(left).toBe(0)
    return { counts: counted(answers), requests }
  }
  const shed = await burst(SLOW)
  expect(shed.counts[200]).toBeGreaterThan(0)
  expect(shed.counts[429]).toBeGreaterThan(0)
  expect(shed.requests).toEqual({ served: shed.counts[200], shed: shed.counts[429] })
  const timedOut = await burst(changed(SLOW, ['max_length: 2', 'timeout_ms: 3']))
  expect(timedOut.counts[504]).toBeGreaterThan(0)
  expect(timedOut.requests.timed_out).toBe(timedOut.counts[504])
})

test('as many requests as are allowed are in flight, and no more', async () => {
  const batch = 'batching: { policy: fixed, batch: 8 }'
  const server = await serving(changed(ENCODER, [/batching: .*/, batch]), { maxRequests: 4 })
  const signal = new AbortController()
  const waiting = [1, 2, 3, 4].map((i) =>
    post(server.url, 'encoder', { inputs: encoderInputs(textOf(i)) }, signal.signal),
  )
  const inFlight = async () =>
    (await (await fetch(`${server.url}/metrics`)).text()).match(/in_flight\{.*\} (\d+)/)![1]
  while ((await inFlight()) !== '4') await sleep(5)
  const fifth = await post(server.url, 'encoder', { inputs: encoderInputs([1]) })
  expect(fifth.status).toBe(503)
  // clients leave: their requests stay in their batch, which lacks four others until the end
  signal.abort()
  await Promise.allSettled(waiting)
  expect(await inFlight()).toBe('4')
  expect(await server.end()).toEqual({ requests: { served: 4 }, left: 0 })
})

test('requests that wait for others of their batch are answered when the server ends', async () => {
  const server = await serving(
    changed(ENCODER, [/batching: .*/, 'batching: { policy: fixed, batch: 8 }']),
  )
  const waiting = [1, 2, 3].map((i) =>
    post(server.url, 'encoder', { inputs: encoderInputs(textOf(i)) }),
  )
  await sleep(200)
  const ended = server.end()
  expect(counted(await Promise.all(waiting))).toEqual({ 200: 3 })
  expect(await ended).toEqual({ requests: { served: 3 }, left: 0 })
})

test('what takes longer than the drain is left', async () => {
  const heavy = changed(SLOW, ['layers: 24', 'layers: 60'], ['max_length: 2', 'max_length: 60'])
  const server = await serving(heavy, { drainMs: 1 })
  const waiting = Array.from({ length: 50 }, () => post(server.url, 'net', netRequest))
  const settled = Promise.allSettled(waiting)
  await Promise.race(waiting)
  const { left } = await server.end()
  expect(left).toBeGreaterThan(0)
  await settled
})

test.each([
  [[/arrivals: .*/, '$&\n    fan_out: 2'], 'traffic.web.fan_out: remove it'],
  [['model: net', 'model: net\n    execution_provider: webgpu'], 'serve runs on cpu only yet'],
  [
    ['model: net', 'model: net\n    retry_policy: { retry_on: [failed] }'],
    'retry_policy: remove it',
  ],
] as const)('%j is refused by name', async ([from, to], problem) => {
  const per = 'model: net\n    replicas: 2'
  const base = problem.includes('fan_out')
    ? changed(
        SLOW,
        ['model: net', per],
        ['queue: { max_length: 2 }', 'queue: { mode: per-replica }'],
      )
    : SLOW
  await expect(serving(changed(base, [from, to]))).rejects.toThrow(problem)
})

test('binary tensors have the same answers as JSON', async () => {
  const server = await serving(ENCODER)
  const ids = textOf(3)
  const inputs = encoderInputs(ids)
  const { body } = await post(server.url, 'encoder', { inputs })
  const tensors = inputs.map(({ data }) => Buffer.from(BigInt64Array.from(data, BigInt).buffer))
  const head = JSON.stringify({
    inputs: inputs.map(({ data: _, ...input }, i) => ({
      ...input,
      parameters: { binary_data_size: tensors[i]!.length },
    })),
    parameters: { binary_data_output: true },
  })
  const infer = async (length: number) => {
    const response = await fetch(`${server.url}/v2/models/encoder/infer`, {
      method: 'POST',
      headers: { 'Inference-Header-Content-Length': `${length}` },
      body: Buffer.concat([Buffer.from(head), ...tensors]),
    })
    return { response, bytes: Buffer.from(await response.arrayBuffer()) }
  }
  const { response, bytes } = await infer(head.length)
  expect(response.status).toBe(200)
  const json = Number(response.headers.get('inference-header-content-length'))
  const { outputs } = JSON.parse(bytes.subarray(0, json).toString())
  const { shape, data } = body.outputs[0]!
  const size = 4 * data.length
  expect(outputs).toEqual([
    { name: 'pooled', datatype: 'FP32', shape, parameters: { binary_data_size: size } },
  ])
  const values = new Float32Array(Uint8Array.from(bytes.subarray(json)).buffer)
  expect([...values]).toEqual([...Float32Array.from(data)])
  // the same bytes cut elsewhere are another request
  for (const length of [head.length - 1, head.length + 1, 0, 10 ** 9]) {
    expect((await infer(length)).response.status).toBe(400)
  }
  expect((await server.end()).requests).toEqual({ served: 2 })
})

test('metrics have the form of Prometheus', async (context) => {
  needPrometheus(context)
  const server = await serving(changed(ENCODER, ['class: long', 'class: a-b.c']))
  await post(server.url, 'encoder', { inputs: encoderInputs([1, 2]) })
  await post(server.url, 'encoder', { inputs: encoderInputs([VOCABULARY]) })
  const input = await (await fetch(`${server.url}/metrics`)).text()
  expect(input).toContain('outcome="invalid"} 1')
  const checked = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })
  expect(checked).toMatchObject({ status: 0, stdout: '', stderr: '' })
  const wrong = spawnSync('promtool', ['check', 'metrics'], { input: 'spillway{ 1\n' })
  expect(wrong.status).not.toBe(0)
  await server.end()
})

test('the command answers requests that are in flight when SIGTERM ends it, with code 0', async () => {
  // a batch that only the end of the server starts
  const batch = 'batching: { policy: fixed, batch: 8 }'
  const folder = temporaryFolder()
  const { url, command, metric } = await servedCommand(
    folder,
    changed(ENCODER, [/batching: .*/, batch]),
  )
  const waiting = [1, 2, 3].map((i) => post(url, 'encoder', { inputs: encoderInputs(textOf(i)) }))
  while ((await metric(/^spillway_requests_in_flight/)) < 3) await sleep(5)
  command.child.kill('SIGTERM')
  expect(counted(await Promise.all(waiting))).toEqual({ 200: 3 })
  const { code, stdout, stderr } = await command.ended
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('ended; requests: 3 served')
  await expect(fetch(`${url}/v2`)).rejects.toThrow()
})
