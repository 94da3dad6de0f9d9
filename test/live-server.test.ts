import type { ChildProcess } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { type ReplayOptions, replay } from '../runtime/jobs/replay.ts'
import { run } from '../runtime/jobs/run.ts'
import { notCounted } from '../sim/experiment/comparison/validity.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import { percentile } from '../sim/stats/index.ts'
import { madeUpProfile } from './profiles.ts'
import { lacksPythonServer, type PythonServer, startPythonServer } from './python-server.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** Servers that queue and form batches themselves. No test depends on speed. */

const folder = temporaryFolder()
const SCENARIO = `spillway: 1
name: served
duration_s: 2
models:
  net: { builtin: mlp, layers: 2, width: 64 }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 100 }
pools:
  - name: central
    model: net
    replicas: 1
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 0 }
    target: { url: 'URL', model: served }
`
const at = (url: string, text = SCENARIO) => text.replace('URL', url)
const systemAt = (url: string, text = SCENARIO) =>
  loadSystem(put(folder, 'at.yaml', at(url, text)), { profile: madeUpProfile(at(url, text)) })
const COLD: ReplayOptions = { replays: 1, warmUp: { shapesMs: 0, trafficMs: 0 } }

let queueing: PythonServer | null = null
const children: ChildProcess[] = []
const closing: (() => void)[] = []

beforeAll(async () => {
  vi.stubEnv('SPILLWAY_CACHE', `${folder}/cache`)
  if (lacksPythonServer) return
  queueing = await startPythonServer(folder, 8)
  children.push(queueing.child)
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  for (const close of closing) close()
  vi.unstubAllEnvs()
})

const ANSWER = JSON.stringify({
  outputs: [{ name: 'output', datatype: 'FP32', shape: [1, 1], data: [0] }],
})

/** A server with the net of the scenario, whose answers `infer` gives. */
async function ownServer(infer: (response: ServerResponse, count: number) => void) {
  let count = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      if (request.url!.endsWith('/infer')) infer(response, count++)
      else if (request.url === '/v2') response.end('{}')
      else response.end(METADATA)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const METADATA = JSON.stringify({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 64] }],
})

test.skipIf(lacksPythonServer)(
  'each request is sent once, and batches are those of the server',
  async () => {
    const { url, executions } = queueing!
    const before = await executions()
    const system = await systemAt(url)
    const [side] = await replay([system], COLD)
    const after = await executions()
    const { rows, connections } = side!.replays.runs[0]!
    const { batchSize, outcome } = rows.columns
    expect(connections).toBe(64)
    expect(batchSize.every((size) => size === 1)).toBe(true)
    expect(outcome.every((of) => of === OUTCOME.served)).toBe(true)
    const members = (counts: Readonly<Record<string, number>>) =>
      Object.entries(counts).reduce((sum, [size, times]) => sum + Number(size) * times, 0)
    expect(members(after) - members(before)).toBeGreaterThanOrEqual(rows.count)
    expect(members(after) - members(before)).toBeLessThan(rows.count + 9)
    const { pools, stability } = side!.result
    expect(pools[0]).toMatchObject({ replicas: 1, batch_sizes: [], batch_efficiency: null })
    expect(pools[0]!.utilisation).toMatchObject({ value: null, reason: 'a server hides it' })
    expect(stability.state).not.toBe('OVERLOADED')
  },
)

test.skipIf(lacksPythonServer)(
  'a run predicts a server, and judges no structure of it',
  async () => {
    const profile = madeUpProfile(at(queueing!.url))
    const path = put(folder, 'run.yaml', at(queueing!.url))
    const warnings: string[] = []
    const ran = await run(path, {
      ...{ profile, replays: 1, replications: 4 },
      onWarning: (text) => warnings.push(text),
    })
    const { checks, not_seen, percentiles, stall_free, control_kernel } = ran.comparison
    expect(checks.structure).toBe(null)
    expect(not_seen).toContain('what the server of pool central does with requests')
    expect(checks.audit.reason).toMatch(/^9 rules kept .*, 32 rules of its server not seen;/)
    expect(stall_free).toBeUndefined()
    for (const { structure, split, verdicts, prediction } of percentiles) {
      expect(structure).toEqual([])
      expect(split).toBe(null)
      expect(verdicts.structure).toBe(null)
      expect(prediction).toHaveLength(1)
    }
    expect(control_kernel.machine_unknown).toContain('no control kernel runs where the server does')
    expect(checks.prediction.verdict).not.toBe('FAIL')
    expect(warnings.join('\n')).toContain('a server hides what rehearsals would learn')
  },
)

test.skipIf(lacksPythonServer)('kept replays are audited as those of clients', async () => {
  const { run: command } = commandsIn(folder)
  put(folder, 'kept.yaml', at(queueing!.url))
  put(folder, 'kept.json', JSON.stringify(madeUpProfile(at(queueing!.url))))
  const given = ['kept.yaml', '--profile', 'kept.json', '--replays', '1', '--out', 'kept']
  const replayed = await command('replay', ...given)
  expect(replayed.code, replayed.stderr).toBe(0)
  const audited = await command('audit', 'kept')
  expect(audited.code, audited.stdout + audited.stderr).toBe(0)
  expect(audited.stdout).toMatch(/^padding +not seen +–/m)
  expect(audited.stdout).toMatch(/^conservation +\d+ +0/m)
  const blamed = await command('blame', 'kept')
  expect(blamed.code).toBe(3)
  expect(blamed.stderr).toContain('a server hides what held its requests up')
  const gated = await command('gate', '--measured', 'kept.yaml', '--against', 'kept.yaml')
  expect(gated.stderr).toContain('needs the times of batches, which a server hides')
})

test('a stall of the server is in p99 of the times from the schedule, and not from sending', async () => {
  const STALL_MS = 2000
  const latencies = async (connections: number) => {
    let until = 0
    const url = await ownServer((response, count) => {
      if (count === 50) until = performance.now() + STALL_MS
      const left = until - performance.now()
      if (left > 0) setTimeout(() => response.end(ANSWER), left)
      else response.end(ANSWER)
    })
    const text = SCENARIO.replace('model: served', `model: served, connections: ${connections}`)
    const longer = text.replace('duration_s: 2', 'duration_s: 4')
    const [side] = await replay([await systemAt(url, longer)], COLD)
    const run = side!.replays.runs[0]!
    const { at: due, started, done } = run.rows.columns
    const p99 = (from: Float64Array) =>
      percentile(done.map((end, i) => end - from[i]!).sort(), 0.99)
    return { ofSchedule: p99(due), ofSend: p99(started), reasons: notCounted([run]) }
  }
  // half of the requests are due while the server stalls
  const enough = await latencies(512)
  expect(enough.ofSchedule).toBeGreaterThan(0.9 * STALL_MS)
  // with a connection the clock from sending has the whole stall for one request alone
  const one = await latencies(1)
  expect(one.ofSchedule).toBeGreaterThan(0.9 * STALL_MS)
  expect(one.ofSchedule - one.ofSend).toBeGreaterThan(0.8 * STALL_MS)
  expect(one.reasons[0]!.reason).toContain('all 1 connections were in use')
})

test('requests that a server refuses have failed, and no replay counts them as served', async () => {
  const url = await ownServer((response, count) => {
    // the warm-up has a few calls
    if (count > 9 && count % 3 === 2) response.writeHead(503)
    response.end(ANSWER)
  })
  const [side] = await replay([await systemAt(url)], COLD)
  const run = side!.replays.runs[0]!
  const failed = run.rows.columns.outcome.filter((of) => of === OUTCOME.failed).length
  expect(failed).toBeGreaterThan(0)
  expect(run.problems).toEqual({ status: failed })
  expect(notCounted([run])[0]!.reason).toContain('did not answer')
})

test('a server that is killed leaves each request with one end', async () => {
  const url = await ownServer((response, count) => {
    if (count === 40) closing.pop()!()
    else setTimeout(() => response.end(ANSWER), 20)
  })
  await sleep(0)
  const [side] = await replay([await systemAt(url)], COLD)
  const { rows, problems } = side!.replays.runs[0]!
  const outcomes = [...rows.columns.outcome]
  expect(outcomes.every((of) => of === OUTCOME.served || of === OUTCOME.failed)).toBe(true)
  const total = Object.values(problems!).reduce((sum, count) => sum + count, 0)
  expect(outcomes.filter((of) => of === OUTCOME.failed)).toHaveLength(total)
})
