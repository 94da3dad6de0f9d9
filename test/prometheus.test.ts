import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { scrapedMetrics } from '../runtime/jobs/import/prometheus-client.ts'
import {
  parseWindow,
  readSavedResponses,
  type Series,
  serverMetrics,
  trafficEvidence,
} from '../scenarios/evidence/prometheus/index.ts'
import { needPrometheus, startPrometheus } from './prometheus.ts'

const RATE_RPS = 37
const SECONDS = 20
/** of failed scrapes */
const FAILS_S = { from: 8, to: 11 }

test('evidence from Prometheus is what its target counted', async (context) => {
  needPrometheus(context)
  const begin = Date.now()
  const scraped: number[] = []
  const prometheus = await startPrometheus(() => {
    const seconds = (Date.now() - begin) / 1000
    if (seconds >= FAILS_S.from && seconds < FAILS_S.to) return null
    const count = Math.floor(RATE_RPS * seconds)
    scraped.push(count)
    return exposition(count)
  })
  try {
    await setTimeout(begin + 1000 * SECONDS - Date.now())
    const server = serverMetrics('vllm')
    const { url } = prometheus
    const window = parseWindow({ from: `-${SECONDS}s`, now_s: Date.now() / 1000 })
    const { series, step_s, notes } = await scrapedMetrics({ url, server, window })
    expect({ step_s, notes }).toEqual({ step_s: 1, notes: [] })
    const evidence = trafficEvidence({ server, series, step_s })
    expect(evidence.steps).toBeGreaterThan(SECONDS / 2)
    expect(evidence.resets).toBe(0)
    // a mean over all of the window, also over the scrapes that failed
    expect(evidence.rate.value! / RATE_RPS).toBeCloseTo(1, 2)
    expect(evidence.rate.low).toBeLessThan(RATE_RPS)
    expect(evidence.rate.high).toBeGreaterThan(RATE_RPS)
    // arrivals were equally spaced
    expect(evidence.dispersion.high).toBeLessThan(0.5)
    // one more step than scrapes failed
    expect(evidence.unknown_steps).toBeGreaterThanOrEqual(3)
    expect(evidence.unknown_steps).toBeLessThanOrEqual(5)
    const known = evidence.rates.flatMap(({ rate_rps }) => rate_rps ?? [])
    expect(known.length).toBe(evidence.steps - evidence.unknown_steps)
    for (const rate of known) expect(Math.abs(rate - RATE_RPS)).toBeLessThan(RATE_RPS / 5)
    // counts are those of two scrapes
    const stopped = (found: readonly Series[]) =>
      found.find(({ labels }) => labels.get('finished_reason') === 'stop')!
    const { times, values } = stopped(series.get('vllm:request_success_total')!)
    for (const value of values) expect(scraped).toContain(value)
    expect(evidence.lengths.input.mean.value).toBeCloseTo(800, 6)
    expect(evidence.lengths.input.quantiles[0]).toMatchObject({ low: 500, high: 1000 })
    expect(evidence.means.latency_s.value).toBeCloseTo(0.25, 6)
    expect(evidence.gauges.running.value).toBe(9)

    // the same from a saved response
    const [start, end] = [times[0]!.toFixed(3), times.at(-1)!.toFixed(3)]
    const query = `query=vllm:request_success_total&start=${start}&end=${end}&step=1`
    const saved = await fetch(`${url}/api/v1/query_range?${query}`)
    const again = stopped(readSavedResponses(await saved.text()).series)
    expect(again.name).toBe('vllm:request_success_total')
    expect([...again.values].filter((value) => !values.includes(value))).toEqual([])

    const labels = new Map([['model_name', 'other']])
    await expect(scrapedMetrics({ url, server, window, labels })).rejects.toThrow(
      'expected samples of vllm:request_success_total with these labels in the window, got none',
    )
    const generic = serverMetrics('generic', new Map([['ended', 'vllm:request_sucess_total']]))
    await expect(scrapedMetrics({ url, server: generic, window })).rejects.toThrow(
      'it has vllm:request_success_total',
    )
  } finally {
    await prometheus.stop()
  }
})

/** As vLLM writes its metrics, after this many requests of 800 tokens and 0.25 s. */
function exposition(count: number): string {
  const labels = 'engine="0",model_name="m"'
  return `# TYPE vllm:request_success_total counter
vllm:request_success_total{${labels},finished_reason="stop"} ${count}
vllm:request_success_total{${labels},finished_reason="length"} 0
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{${labels}} 9
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{${labels}} 0
# TYPE vllm:request_prompt_tokens histogram
vllm:request_prompt_tokens_bucket{${labels},le="500"} 0
vllm:request_prompt_tokens_bucket{${labels},le="1000"} ${count}
vllm:request_prompt_tokens_bucket{${labels},le="+Inf"} ${count}
vllm:request_prompt_tokens_sum{${labels}} ${800 * count}
vllm:request_prompt_tokens_count{${labels}} ${count}
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{${labels},le="+Inf"} ${count}
vllm:e2e_request_latency_seconds_sum{${labels}} ${count / 4}
vllm:e2e_request_latency_seconds_count{${labels}} ${count}
`
}
