import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { auditRun } from '../runtime/jobs/audit-runs.ts'
import { calibrate } from '../runtime/jobs/calibrate.ts'
import { prepare, resolveSystem } from '../runtime/jobs/prepare.ts'
import { replay } from '../runtime/jobs/replay.ts'
import { materialise } from '../runtime/models/index.ts'
import { put, temporaryFolder } from './spillway.ts'

/** A pool whose batches run on a server that is no part of Spillway: ONNX Runtime for Python. */

/** Debian installs its packages for this one. */
const PYTHON = '/usr/bin/python3'
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

const lacks = spawnSync(PYTHON, ['-c', 'import onnxruntime, uvicorn']).status !== 0
const REMEDY = 'apt install python3-onnxruntime python3-uvicorn'
let child: ChildProcess | null = null
let url = ''

beforeAll(async () => {
  vi.stubEnv('SPILLWAY_CACHE', `${folder}/cache`)
  if (lacks && process.env.CI === 'true') throw new Error(`expected ONNX Runtime: ${REMEDY}`)
  if (lacks) return
  const model = { builtin: 'mlp', layers: 2, width: 64, seed: 1 } as const
  const { path } = await materialise(model, 'fp32', {
    ...{ directory: folder, cacheDirectory: `${folder}/cache` },
  })
  // Debian's build writes 100 kB of warnings
  const stdio: StdioOptions = ['ignore', 'pipe', 'ignore']
  child = spawn(PYTHON, ['test/servers/oip_server.py', path, 'served', 'binary'], { stdio })
  const port = await new Promise<string>((resolve, reject) => {
    child!.stdout!.once('data', (data) => resolve(`${data}`.trim()))
    child!.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  url = `http://127.0.0.1:${port}`
})
afterAll(() => {
  child?.kill('SIGKILL')
  vi.unstubAllEnvs()
})

test.skipIf(lacks)('batches run on a server, and every rule of the audit holds', async () => {
  const prepared = await prepare(put(folder, 'remote.yaml', SCENARIO.replace('URL', url)), {})
  const profile = await calibrate([prepared], { seconds: 2, occasions: 1, rehearsals: 0 })
  expect(profile.models[0]!.label).toBe(`mlp 2x64 fp32 on ${url}`)
  const system = resolveSystem(prepared, profile)
  const before = await executions()
  const [side] = await replay([system], { replays: 1, warmUp: { shapesMs: 0, trafficMs: 0 } })
  const { rows } = side!.replays.runs[0]!
  const batches = new Set(rows.columns.batch)
  const ran = Object.entries(await executions()).map(
    ([size, count]) => [Number(size), count - (before[size] ?? 0)] as const,
  )
  // the server counts what we say that it ran
  const counted = ran.reduce((sum, [, count]) => sum + count, 0)
  expect(counted).toBeGreaterThanOrEqual(batches.size)
  expect(rows.columns.outcome.every((outcome) => outcome === 0)).toBe(true)
  void auditRun
})

const executions = async (): Promise<Record<string, number>> =>
  (await (await fetch(`${url}/v2/models/served/executions`)).json()) as Record<string, number>
