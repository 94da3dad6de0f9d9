import { expect, test } from 'vitest'
import type { Noise } from '../../sim/documents/index.ts'
import { noiseText } from './noise-text.ts'

const thread = {
  stalls_per_s: 12.34,
  long_stalls_per_s: 0.5,
  longest_stall_ms: 17.2,
  jitter_ms: 0.031,
  kernel: { median_ms: 1.05, by_second_ms: [1.05, 1.06], spread: 0.012, trend: null },
}
const decision = { stall_ms: 0.1, share: 0.004, share_at_least: 0.001, share_at_most: 0.01 }
const noise: Noise = {
  ...({ document: 'spillway-noise', format: 1, version: '1.0.0', commit: null } as const),
  host: {
    cpu: 'A processor',
    cores: 2,
    memory_gib: 8,
    platform: 'linux',
    node: 'v20',
    onnxruntime: '1',
    adapter: null,
  },
  seconds: 10,
  threads: [
    { ...thread, role: 'dispatcher', core: 0, steal: 0.02 },
    { ...thread, role: 'executor', core: 1, steal: null },
  ],
  decisions: [
    { ...decision, service_ms: 2, decided: 0.95, possible: 0.99 },
    { ...decision, service_ms: 10, decided: 0.999, possible: 0.999 },
    { ...decision, service_ms: 50, decided: null, possible: null },
  ],
}
const lines = (document: Noise) => noiseText(document).split('\n')

test('each thread has a line; steal that the system does not report is unknown', () => {
  const text = lines(noise)
  expect(text[0]).toBe(
    'A processor, 2 cores: 2 spinning threads for 10 s, each on a core of its own',
  )
  const row = (name: string) => text.find((line) => line.startsWith(name))!.split(/ {2,}/)
  const figures = ['12.3', '0.5', '17.2 ms', '0.031 ms']
  const kernel = ['1.05 ms', '1.2 %', '–']
  expect(row('dispatcher')).toEqual(['dispatcher, core 0', ...figures, '2.0 %', ...kernel])
  expect(row('executor')).toEqual(['executor, core 1', ...figures, 'unknown', ...kernel])
})

test('each service time has the highest percentile that is decided, and what needs more time', () => {
  const verdicts = lines(noise).flatMap((line) => /^\d+ ms .*\] {2}(.*)$/.exec(line)?.[1] ?? [])
  expect(verdicts).toEqual(['up to p95; p99 needs a longer measurement', 'up to p99.9', 'none'])
})

test('threads that have no core of their own are said to be not pinned', () => {
  const threads = noise.threads.map((one) => ({ ...one, core: null }))
  const text = lines({ ...noise, threads })
  expect(text[0]).toContain('not pinned to cores')
  expect(text.filter((line) => line.includes('core 0'))).toEqual([])
})
