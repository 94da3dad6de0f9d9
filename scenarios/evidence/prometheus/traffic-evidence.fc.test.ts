import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PrometheusProblem, readSavedResponses, seriesByName } from './range-response.ts'
import { FROM_S, responseOf } from './response.test-helper.ts'
import { metricNames, SERVER_KINDS, serverMetrics } from './servers.ts'
import { trafficEvidence } from './traffic-evidence.ts'

const NAMES = new Map([
  ['ended', 'ended_total'],
  ['input_tokens', 'tokens'],
  ['running', 'running'],
  ['waiting', 'waiting'],
])

const value = fc.oneof(
  { weight: 20, arbitrary: fc.nat(1000).map(String) },
  fc.constantFrom('NaN', '+Inf', '-Inf', '-5', '1e300', '-1e300', '1e-300', '0.5', '1e18'),
)
const gap = fc.oneof(
  { weight: 20, arbitrary: fc.constant(15) },
  fc.constantFrom(0.001, 1, 14.9, 30, 1e5),
)
const samples = fc.array(fc.tuple(gap, value), { maxLength: 30 })
const labels = fc.record(
  {
    le: fc.constantFrom('1', '100', '+Inf', 'x'),
    model: fc.constantFrom('a', 'b'),
    tp_rank: fc.constantFrom('0', '1', '-'),
    instance: fc.constantFrom('a', 'b', 'c'),
  },
  { requiredKeys: [] },
)

/** Every figure, with the path to it. */
function* figuresIn(value: unknown, path: string): Generator<readonly [string, number]> {
  if (typeof value === 'number') yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) yield* figuresIn(inner, `${path}.${key}`)
}

test('whatever a response holds, it is refused or gives finite figures in their intervals', () => {
  let read = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...SERVER_KINDS),
      fc.array(fc.tuple(fc.nat(60), labels, samples, fc.boolean()), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.option(fc.constantFrom(0.01, 15, 60, 1e6), { nil: undefined }),
      (kind, series, step_s) => {
        const server = serverMetrics(kind, kind === 'generic' ? NAMES : new Map())
        const names = [...server.arrived, ...server.ended, ...metricNames(server)]
        const response = responseOf(
          ...series.map(([name, metric, sampled, rises], i) => {
            let [at, sum] = [FROM_S, 0]
            const values = sampled.map(([after, text]) => {
              at += after
              sum += Number(text)
              return [at, rises ? String(sum).replace('Infinity', 'Inf') : text] as const
            })
            // the first is the counter of requests, more often than not
            const __name__ = names[i === 0 ? 0 : name % names.length]!
            return [{ ...metric, __name__ }, values] as const
          }),
        )
        const evidence = (() => {
          try {
            const found = seriesByName(readSavedResponses(JSON.stringify(response)).series)
            return trafficEvidence({ server, series: found, step_s })
          } catch (error) {
            if (error instanceof PrometheusProblem) return null
            throw error
          }
        })()
        if (evidence === null) return
        read++
        for (const [path, figure] of figuresIn(evidence, '')) {
          if (!Number.isFinite(figure)) throw new Error(`${path}: ${figure}`)
        }
        const { rate, dispersion, dispersion_within: within, schedule, means } = evidence
        for (const one of [rate, dispersion, within, ...schedule, ...Object.values(means)]) {
          const { value, low, high } = one
          if (value === null) expect(one).toMatchObject({ low: null, high: null })
          else expect(low === null || low <= value).toBe(true)
          expect(value === null || high === null || value <= high).toBe(true)
        }
        expect(evidence.rates).toHaveLength(evidence.steps)
      },
    ),
    { numRuns: 600 },
  )
  expect(read).toBeGreaterThan(100)
})
