import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { calibrate } from '../runtime/jobs/calibrate.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { replay } from '../runtime/jobs/replay.ts'
import { notCounted } from '../sim/experiment/comparison/validity.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import { madeUpProfile } from './profiles.ts'
import { lacksPythonServer, type PythonServer, startPythonServer } from './python-server.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** A pool whose batches run on a server that is no part of Spillway: ONNX Runtime for Python. */

const folder = temporaryFolder()
const SCENARIO = `spillway: 1
name: remote
duration_s: 2
models:
  net: { builtin: mlp, layers: 2, width: 64 }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 150 }
pools:
  - name: central
    model: net
    replicas: 2
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 5 }
    target: { kind: oip, role: executor, url: 'URL', model: served }
`

const lacks = lacksPythonServer
let server: PythonServer | null = null
const children: ChildProcess[] = []

async function startServer(): Promise<PythonServer> {
  const started = await startPythonServer(folder)
  children.push(started.child)
  return started
}

beforeAll(async () => {
  vi.stubEnv('SPILLWAY_CACHE', `${folder}/cache`)
  if (!lacks) server = await startServer()
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  vi.unstubAllEnvs()
})

const at = (url: string) => SCENARIO.replace('URL', url)
const systemAt = (url: string) =>
  loadSystem(put(folder, 'at.yaml', at(url)), { profile: madeUpProfile(at(url)) })
const executions = () => server!.executions()
const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

test.skipIf(lacks)(
  'a server is calibrated and replayed, and every rule of the audit holds',
  async () => {
    const { run } = commandsIn(folder)
    put(folder, 'remote.yaml', at(server!.url))
    const calibrated = await run('calibrate', 'remote.yaml', '--seconds', '2', '--out', 'remote')
    expect(calibrated.code, calibrated.stderr).toBe(0)
    expect(calibrated.stdout).toContain(`mlp 2x64 fp32 on ${server!.url}`)
    // single batches of every size, which the traffic of a calibration hardly has
    expect((await executions())[8]).toBeGreaterThan(20)
    const replayed = await run(
      ...['replay', 'remote.yaml', '--profile', 'remote/profile.json', '--out', 'kept'],
    )
    expect(replayed.code, replayed.stderr).toBe(0)
    const audited = await run('audit', 'kept')
    expect(audited.code, audited.stdout + audited.stderr).toBe(0)
  },
)

test.skipIf(lacks)('the server counts the batches that the replay has', async () => {
  const system = await systemAt(server!.url)
  const before = await executions()
  const [side] = await replay([system], { replays: 1, warmUp: { shapesMs: 0, trafficMs: 0 } })
  const after = await executions()
  const { batch, batchSize, outcome } = side!.replays.runs[0]!.rows.columns
  const sizes = new Map(Array.from(batch, (number, i) => [number, batchSize[i]!]))
  const ran = (size: number) => [...sizes.values()].filter((of) => of === size).length
  // those of the warm-up have sizes 1, 2, 4 and 8
  for (const size of [3, 5, 6, 7]) {
    expect((after[size] ?? 0) - (before[size] ?? 0), `${size}`).toBe(ran(size))
  }
  expect(ran(3)).toBeGreaterThan(0)
  expect(outcome.every((of) => of === OUTCOME.served)).toBe(true)
})

test.skipIf(lacks)(
  'a server that ends loses its batches, and each request is counted once',
  async () => {
    const mortal = await startServer()
    const system = await systemAt(mortal.url)
    // once the first requests have been sent
    const onProgress = (phase: string, done: number) => {
      if (phase.startsWith('replay') && done > 0) mortal.child.kill('SIGKILL')
    }
    const warmUp = { shapesMs: 0, trafficMs: 0 }
    const [side] = await replay([system], { replays: 1, warmUp, onProgress })
    const run = side!.replays.runs[0]!
    const outcomes = [...run.rows.columns.outcome]
    expect(outcomes.every((of) => of === OUTCOME.served || of === OUTCOME.failed)).toBe(true)
    expect(outcomes.filter((of) => of === OUTCOME.failed).length).toBeGreaterThan(0)
    expect(total(run.problems!)).toBeGreaterThan(0)
    const [why] = notCounted([run])
    expect(why!.reason).toBe('a server did not answer batches as it should')
    expect(why!.figure).toMatch(/^(connection lost|refused) \d/)
    const calibrated = calibrate([system], { seconds: 1 })
    await expect(calibrated).rejects.toThrow(`${mortal.url}: model served: it cannot be reached`)
  },
)

test.each([
  ["'http://example.org'", 'is another machine, which is loaded only with --allow-host'],
  ["'http://127.0.0.1.example.org'", 'is another machine, which is loaded only with --allow-host'],
  ["'http://me:secret@127.0.0.1'", 'without a user or a password'],
  ["'file:///etc/passwd'", 'expected an address such as'],
])('the address %s is refused before anything is sent', async (address, problem) => {
  const { run } = commandsIn(folder)
  put(folder, 'elsewhere.yaml', SCENARIO.replace("'URL'", address))
  const { code, stderr } = await run('calibrate', 'elsewhere.yaml', '--seconds', '1')
  expect(code).toBe(3)
  expect(stderr).toContain(problem)
})
