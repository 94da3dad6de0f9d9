import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TracePiece } from '../../scenarios/index.ts'
import {
  type RunSummary,
  readingReplication,
  recordRun,
  resolveSystem,
  runReplication,
} from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { type Prepared, prepare } from './prepare.ts'
import { requestsOf } from './requests.ts'
import { runReplications } from './simulations/replications.ts'
import { heldTraces, traceReaders } from './trace-readers.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-streaming-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes a trace of Poisson arrivals with lengths; returns its name. */
function trace(name: string, rows: number, perMs: number): string {
  const random = stream(5, 0, name)
  let at = 0
  const lines = ['t,n']
  for (let i = 0; i < rows; i++) {
    at += random.exponential() / perMs
    lines.push(`${at.toFixed(3)},${1 + random.integer(60)}`)
  }
  writeFileSync(join(folder, name), lines.join('\n'))
  return name
}

const follows = (file: string, rest = '') =>
  `{ process: trace, file: ${file}, format: csv, time_unit: ms, columns: { time: t, input_tokens: n }${rest} }`

async function prepared(name: string, traffic: readonly string[], rest = ''): Promise<Prepared> {
  const path = join(folder, `${name}.yaml`)
  writeFileSync(
    path,
    `spillway: 1
name: ${name}
duration_s: 8
${rest}
models: { encoder: { builtin: transformer-encoder, layers: 1, hidden: 8, heads: 1, vocabulary: 64 } }
traffic:
${traffic.map((own) => `  - ${own}`).join('\n')}
pools:
  - name: central
    model: encoder
    replicas: 2
    queue: { max_length: 30 }
    batching: { policy: dynamic, max_batch: 4, max_delay_ms: 3 }
`,
  )
  return prepare(path, {})
}

const arrivedIn = ({ classes }: RunSummary) =>
  classes.reduce((sum, { counts }) => sum + counts.arrived, 0)

const inputOf = (of: Prepared) => resolveSystem(of, madeUpProfile(of.scenario))

/** Gives the rows of held traces out again, so many at a time, and counts how often it is asked. */
function inPieces({ traces }: Prepared, rows: number) {
  const at = new Map<number, number>()
  const reader = {
    asked: 0,
    read: async (number: number): Promise<TracePiece | null> => {
      reader.asked++
      const from = at.get(number) ?? 0
      at.set(number, from + rows)
      const { times, lengths, outputs, prefixes } = traces.get(number)!.held!
      if (from >= times.length) return null
      const part = <T extends Float64Array | Int32Array>(of: T) => of.slice(from, from + rows) as T
      return {
        times: part(times),
        lengths: lengths && part(lengths),
        outputs: outputs && part(outputs),
        prefixes: prefixes?.slice(from, from + rows) ?? null,
      }
    },
  }
  return reader
}

describe('a simulation that reads its traces in pieces', () => {
  const cases: Readonly<Record<string, () => readonly string[]>> = {
    'two traces and a Poisson class': () => [
      `{ class: a, arrivals: ${follows(trace('a', 400, 0.06))} }`,
      `{ class: b, arrivals: ${follows(trace('b', 900, 0.11))}, timeout_ms: 40 }`,
      '{ class: c, arrivals: { process: poisson, rate_rps: 50 }, input_tokens: { distribution: fixed, value: 9 } }',
    ],
    'clients that retry': () => [
      `{ class: a, arrivals: ${follows(trace('a', 900, 0.13))}, timeout_ms: 15, retry: { max_attempts: 3, backoff_ms: 7, jitter: full } }`,
      `{ class: b, arrivals: ${follows(trace('b', 300, 0.05))} }`,
    ],
    'growth, surges and waves': () => [
      `{ class: a, arrivals: ${follows(trace('a', 900, 0.13), ', growth: 1.7, surges: [{ at_s: 2, factor: 3, hold_s: 1 }]')} }`,
      `{ class: b, arrivals: ${follows(trace('b', 300, 0.05), ', growth: 0.6, waves: [{ period_s: 4, amplitude: 1 }]')} }`,
    ],
    'a load and a window': () => [
      `{ class: a, arrivals: ${follows(trace('a', 900, 0.09), ', load: 0.7, window: { busiest_s: 3 }')} }`,
      `{ class: b, arrivals: ${follows(trace('b', 900, 0.09), ', window: { from_s: 1, to_s: 2 }')} }`,
    ],
  }

  test.each(Object.keys(cases))(
    'has the result of one that holds them in memory: %s',
    async (name) => {
      const all = await prepared('case', cases[name]!())
      const input = inputOf(all)
      const held = runReplication(input, 0)
      expect(arrivedIn(held)).toBeGreaterThan(100)
      for (const rows of [1, 2, 7, 10_000]) {
        const traces = new Map([...all.traces].map(([i, own]) => [i, { ...own, held: null }]))
        const reader = inPieces(all, rows)
        expect(await readingReplication(recordRun, { ...input, traces }, 0, reader)).toEqual(held)
        if (rows === 1) expect(reader.asked).toBeGreaterThan(100)
      }
    },
  )

  test('fails without a reader, and with the error of a reader', async () => {
    const all = await prepared('case', [`{ class: a, arrivals: ${follows(trace('a', 9, 0.1))} }`])
    const traces = new Map([...all.traces].map(([i, own]) => [i, { ...own, held: null }]))
    const input = { ...inputOf(all), traces }
    expect(() => runReplication(input, 0)).toThrow('Expected all rows of the traces to be at hand')
    const broken = () => Promise.reject(new Error('the disk is gone'))
    await expect(readingReplication(recordRun, input, 0, { read: broken })).rejects.toThrow(
      'the disk is gone',
    )
  })
})

describe('a trace of 140,000 rows', () => {
  const ROWS = 140_000

  test('is surveyed without being held, and simulated from its file in processes', async () => {
    const file = trace('long', ROWS, 0.2)
    const long = await prepared('long', [`{ class: a, arrivals: ${follows(file)} }`])
    const survey = long.traces.get(0)!
    expect(survey).toMatchObject({ rows: ROWS, taken: ROWS, held: null })
    expect(survey.lengthSample!.length).toBeLessThanOrEqual(65_536)

    const options = { signal: new AbortController().signal, onProgress: () => {}, workers: 1 }
    const input = inputOf(long)
    const [streamed] = await runReplications(input, 1, { ...options, traces: long })
    const held = runReplication({ ...input, traces: await heldTraces(long) }, 0)
    expect(streamed).toEqual(held)
    expect(arrivedIn(streamed!)).toBeGreaterThan(1000)
    // and what holds its requests anyway has the same ones
    const requests = await requestsOf(long, input.capacityRps)
    expect(requests.hash()).toBe(streamed!.requests)
  })

  test('is read in pieces of a bounded size, no further than requested', async () => {
    const file = trace('long', ROWS, 0.2)
    const long = await prepared('long', [`{ class: a, arrivals: ${follows(file)} }`])
    const readers = traceReaders(long.scenario, long)
    const sizes: number[] = []
    for (let piece = await readers.read(0); piece; piece = await readers.read(0)) {
      sizes.push(piece.times.length)
    }
    expect(sizes.reduce((a, b) => a + b)).toBe(ROWS)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32_768)
    await readers.close()
    const early = traceReaders(long.scenario, long)
    await early.read(0)
    await early.close()
    expect(await early.read(0)).toBeNull()
  })
})

describe('recorded clients', () => {
  test('send at the rate that the scenario states, the same in a process as in a list', async () => {
    mkdirSync(join(folder, 'clients'))
    const rows = (shape: number) =>
      `0,1,2,Gamma,${shape},1\n600,5,2,Weibull,${shape},1\n1200,0,0,,0,0\n`
    writeFileSync(join(folder, 'clients/chunk-0-trace.csv'), rows(0.5))
    writeFileSync(join(folder, 'clients/chunk-1-trace.csv'), rows(2))
    const arrivals = '{ process: servegen, file: clients, from_s: 596, rate_rps: 150 }'
    const all = await prepared('clients', [`{ class: a, arrivals: ${arrivals} }`])
    const input = inputOf(all)
    const requests = await requestsOf(all, input.capacityRps)
    expect(Math.abs(requests.count / 8 / 150 - 1)).toBeLessThan(0.25)
    const options = { signal: new AbortController().signal, onProgress: () => {}, workers: 1 }
    const [run] = await runReplications(input, 1, options)
    expect(run!.requests).toBe(requests.hash())
  })
})
