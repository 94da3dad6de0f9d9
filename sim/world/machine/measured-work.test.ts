import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { declaredWork } from './work.ts'

const random = new Random('measured')

describe('a table by size and length', () => {
  const law = { law: 'length-table' as const, sizes: [1, 4], lengths: [10, 100], cv: 0 }
  const ms = [
    [4, 13],
    [8, 32],
  ]
  const timeOf = (size: number, length: number) =>
    declaredWork({ ...law, ms }).of(size, length, random)

  test('is bilinear between its points, and goes on at the last slopes', () => {
    expect([timeOf(1, 10), timeOf(4, 10), timeOf(1, 100), timeOf(4, 100)]).toEqual([4, 8, 13, 32])
    expect(timeOf(1, 55)).toBeCloseTo(8.5, 12)
    expect(timeOf(2.5, 55)).toBeCloseTo(14.25, 12)
    expect(timeOf(1, 190)).toBeCloseTo(22, 12)
    expect(timeOf(7, 10)).toBeCloseTo(12, 12)
  })

  test('is constant below its first length', () => {
    expect(timeOf(4, 1)).toBe(8)
  })
})

describe('throughput by concurrency', () => {
  const timeOf = (changes: object, size: number) =>
    declaredWork({
      law: 'throughput',
      concurrency: [1, 2, 8, 32],
      cv: 0,
      instances: 1,
      throughput_rps: [90, 100, 200, 320],
      ...changes,
    }).of(size, 1, random)

  test('half of the requests in flight are the batch of one instance', () => {
    // one of two in flight is served at a time: 1 / 100 requests/s; then 4 of 8 and 16 of 32
    expect([1, 4, 16].map((size) => timeOf({}, size))).toEqual([10, 20, 50])
    expect(timeOf({}, 10)).toBeCloseTo(35, 12)
  })

  test('with instances, a batch runs on each and one waits', () => {
    const changes = { instances: 3, concurrency: [4, 16], throughput_rps: [300, 600] }
    // 3 batches of one, 3 of four
    expect([1, 4].map((size) => timeOf(changes, size))).toEqual([10, 20])
  })

  test('a stated share of 1 makes all in flight one batch', () => {
    const changes = { batch_share: 1 }
    expect([1, 2, 8, 32].map((size) => timeOf(changes, size))).toEqual([1000 / 90, 20, 40, 100])
  })

  test('a client that waits for each answer shows the time of one request', () => {
    const changes = { concurrency: [1], throughput_rps: [50] }
    expect(timeOf(changes, 1)).toBe(20)
  })
})

const facts = new URL('../../../../shared/data/facts/triton_perf_analyzer.csv.gz', import.meta.url)

describe.skipIf(!existsSync(facts))('published sweeps, where ../shared has them', () => {
  test('ResNet50 on A100: concurrency and throughput alone give the compute times', () => {
    const [header, ...lines] = gunzipSync(readFileSync(facts)).toString().trim().split('\n')
    const names = header!.split(',')
    const cell = (line: string, name: string) => Number(line.split(',')[names.indexOf(name)])
    // the last columns may have commas; those that are used do not
    const rows = lines.filter((line) =>
      line.startsWith('ConvNets/resnet50,online,NVIDIA DGX A100 (1x A100 80GB)'),
    )
    expect(rows.length).toBeGreaterThan(10)
    const work = declaredWork({
      law: 'throughput',
      concurrency: rows.map((line) => cell(line, 'concurrency')),
      throughput_rps: rows.map((line) => cell(line, 'inf_per_s')),
      instances: 1,
      cv: 0,
    })
    for (const line of rows) {
      const parts = ['compute_in_ms', 'compute_infer_ms', 'compute_out_ms'] as const
      const computeMs = parts.reduce((sum, name) => sum + cell(line, name), 0)
      const size = cell(line, 'concurrency') / 2
      expect(Math.abs(work.mean(size, 1) / computeMs - 1)).toBeLessThan(0.15)
    }
  })
})
