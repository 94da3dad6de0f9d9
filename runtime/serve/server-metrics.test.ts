import { expect, test } from 'vitest'
import { ServerMetrics } from './server-metrics.ts'

const metrics = () => new ServerMetrics({ models: ['m'], classes: ['web', 'a "b"'] })
const batch = { size: 3, first: true, queueMs: 2, computeMs: 8 }

test('requests are counted by outcome, and are in flight until they end', () => {
  const counted = metrics()
  for (let i = 0; i < 3; i++) counted.sent(0)
  counted.ended({ model: 0, class: 0, as: 'served', totalMs: 10, batch, generated: null })
  counted.ended({ model: 0, class: 1, as: 'shed', totalMs: 0, batch: null, generated: null })
  counted.responded(200)
  const text = `${counted}`
  for (const line of [
    '# TYPE spillway_requests_total counter',
    'spillway_requests_total{model="m",class="web",outcome="served"} 1',
    'spillway_requests_total{model="m",class="a \\"b\\"",outcome="shed"} 1',
    'spillway_requests_in_flight{model="m"} 1',
    'spillway_http_responses_total{status="200"} 1',
    'spillway_request_duration_seconds_bucket{model="m",class="web",le="0.005"} 0',
    'spillway_request_duration_seconds_bucket{model="m",class="web",le="0.01"} 1',
    'spillway_request_duration_seconds_bucket{model="m",class="web",le="+Inf"} 1',
    'spillway_request_duration_seconds_sum{model="m",class="web"} 0.01',
    'spillway_request_queue_duration_seconds_count{model="m",class="web"} 1',
    'spillway_batch_size_bucket{model="m",le="2"} 0',
    'spillway_batch_size_bucket{model="m",le="4"} 1',
    'spillway_batch_size_sum{model="m"} 3',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
  expect(text.endsWith('\n')).toBe(true)
})

test('a batch is counted by one of its members', () => {
  const counted = metrics()
  for (const first of [true, false, false]) {
    counted.sent(0)
    counted.ended({
      model: 0,
      class: 0,
      as: 'served',
      totalMs: 10,
      batch: { ...batch, first },
      generated: null,
    })
  }
  const lines = `${counted}`.split('\n')
  expect(lines).toContain('spillway_batch_size_count{model="m"} 1')
  expect(lines).toContain('spillway_request_duration_seconds_count{model="m",class="web"} 3')
  expect(lines).toContain('spillway_requests_in_flight{model="m"} 0')
  // its first member may have ended otherwise
  counted.sent(0)
  counted.ended({ model: 0, class: 0, as: 'abandoned', totalMs: 10, batch, generated: null })
  expect(`${counted}`).toContain('spillway_batch_size_count{model="m"} 2')
})
