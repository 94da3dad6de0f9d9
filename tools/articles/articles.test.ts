import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../test/spillway.ts'
import { haveTraces } from './azure.ts'
import { paddings } from './padding.ts'
import { havePublished, littleRatio, type PublishedRow, publishedRows } from './published.ts'
import { fitServer, GPUS } from './resnet50.ts'
import {
  BARS,
  JUDGED,
  type Pair,
  type ServerModel,
  scenarioText,
  summarise,
  sweepPoint,
} from './server-model.ts'

const SERVER: ServerModel = {
  name: 'made-up',
  description: 'A server that is known',
  sizes: [1, 16, 64],
  ms: [3, 5, 14],
  cv: 0.06,
  link: { delayMs: 1, perRequestMs: 0.15 },
  thinkMs: 0.1,
  replicas: 1,
  maxBatch: 64,
  preferred: [],
}

/** The row that perf_analyzer would publish for a server. */
function rowOf(model: ServerModel, users: number): PublishedRow {
  const point = sweepPoint(model, users, { replications: 1, durationS: 6 })
  const rest = {
    model: '',
    online: true,
    heading: '',
    clientBatch: 1,
    meanMs: Number.NaN,
    p90Ms: Number.NaN,
    p95Ms: Number.NaN,
  }
  return { ...rest, ...point }
}

describe('errors', () => {
  const published = rowOf(SERVER, 8)
  const pair = (users: number, factor: number): Pair => {
    const point = { ...published, users, p99Ms: published.p99Ms * factor }
    return { published: { ...published, users }, simulated: point }
  }
  const pairs = [pair(8, 1.1), pair(16, 0.7), pair(24, 1.05)]

  test('are judged by their median, and the worst row is named with its sign', () => {
    const { median, bias, worst, met } = summarise(pairs, 'p99Ms')
    expect(median).toBeCloseTo(0.1, 12)
    expect(bias).toBeCloseTo(0.05, 12)
    expect([worst.at, met]).toEqual(['16', true])
    expect(worst.error).toBeCloseTo(-0.3, 12)
  })

  test('above the limit fail', () => {
    expect(summarise([pair(8, 1.21), pair(16, 0.79), pair(24, 1)], 'p99Ms').met).toBe(false)
  })
})

describe('the fit', () => {
  test('starts from another server and finds one that predicts rows outside the fit', () => {
    const rows = [8, 96].map((users) => rowOf(SERVER, users))
    const link = { delayMs: 1.5, perRequestMs: 0.1 }
    const start = { ...SERVER, link, cv: 0.03 }
    const others = (model: ServerModel) =>
      [16, 64].map((users): Pair => {
        const options = { replications: 1, durationS: 6 }
        return { published: rowOf(SERVER, users), simulated: sweepPoint(model, users, options) }
      })
    const largest = (pairs: readonly Pair[]) =>
      Math.max(...JUDGED.map((of) => Math.abs(summarise(pairs, of).worst.error)))
    expect(largest(others(start))).toBeGreaterThan(0.2)
    expect(largest(others(fitServer(start, rows)))).toBeLessThan(0.1)
  })
})

describe.skipIf(!havePublished())('the published sweeps, where ../shared has them', () => {
  const rows = havePublished() ? publishedRows() : []
  const online = (gpu: string) =>
    rows.filter(({ model, heading, online }) => {
      return online && model === 'ConvNets/resnet50' && heading.startsWith(`${gpu},`)
    })

  test.each(GPUS)('$name: Little’s law holds for its 16 rows', ({ gpu }) => {
    const ratios = online(gpu).map(littleRatio)
    expect(ratios).toHaveLength(16)
    expect(Math.min(...ratios)).toBeGreaterThan(0.98)
    expect(Math.max(...ratios)).toBeLessThan(1.02)
  })

  /** The server of a library scenario. */
  function shipped(name: string): ServerModel {
    const text = readFileSync(join(ROOT, `scenarios/library/${name}.yaml`), 'utf8')
    const { description, models, link, traffic, pools } = parse(text)
    const model: ServerModel = {
      ...models.served.work,
      name,
      description: description.trim(),
      link: { delayMs: link.delay_ms, perRequestMs: link.per_request_ms },
      thinkMs: traffic[0].arrivals.think_time_s.mean * 1000,
      replicas: pools[0].replicas,
      maxBatch: pools[0].batching.max_batch,
      preferred: pools[0].batching.preferred,
    }
    expect(scenarioText(model, traffic[0].arrivals.users)).toBe(text)
    return model
  }

  const predicted = (model: ServerModel, gpu: string) =>
    online(gpu)
      .filter((_, i) => i % 2 === 1)
      .map((published): Pair => {
        const options = { replications: 1, durationS: 6 }
        return { published, simulated: sweepPoint(model, published.users, options) }
      })

  test.each(GPUS)('$name: the library scenario predicts the rows left out', ({ name, gpu }) => {
    const pairs = predicted(shipped(name), gpu)
    const medians = JUDGED.map((of) => summarise(pairs, of).median)
    JUDGED.forEach((of, i) => {
      expect(medians[i], of).toBeLessThanOrEqual(BARS[of])
    })
  })

  test.each(GPUS)(
    '$name, negative control: a batch curve that is a quarter too slow fails',
    ({ name, gpu }) => {
      const model = shipped(name)
      const slow = { ...model, ms: model.ms.map((ms) => ms * 1.25) }
      expect(summarise(predicted(slow, gpu), 'throughputRps').met).toBe(false)
    },
  )

  test.each(GPUS)(
    '$name, negative control: without its link, queue times fail',
    ({ name, gpu }) => {
      const model = { ...shipped(name), link: { delayMs: 0.01, perRequestMs: 0 } }
      expect(summarise(predicted(model, gpu), 'queueMs').met).toBe(false)
    },
  )
})

describe.skipIf(!haveTraces())('the Azure traces, where ../shared has them', () => {
  test('simulated batches have the quoted padding efficiency, to a hundredth', async () => {
    for (const { fixed, inOrder, quoted } of await paddings()) {
      expect(fixed.toFixed(2)).toBe(quoted.toFixed(2))
      // the last batch is not full
      expect(Math.abs(fixed / inOrder - 1)).toBeLessThan(1e-3)
    }
  })
})
