import { type Sweep, type SweepRow, sweepSchema, type Verdict } from '../sim/documents/index.ts'
import { estimateOf, SAMPLE_STABILITY } from './sample-figures.test-helper.ts'

export interface SampleSweep {
  readonly grid?: readonly (readonly string[])[] | null
  readonly paths?: readonly string[]
  /** USD an hour of a replica; null for none */
  readonly price?: number | null
  readonly limitMs?: number | null
  readonly rows?: readonly SweepRow[]
}

const PATHS = ['pools.central.replicas', 'pools.central.batching.max_batch']
const GRID = [
  ['1', '2', '3', '4'],
  ['4', '8'],
]

/** A row of a sweep; `ms`: its latency, null if it is infinite. */
export function sampleRow(
  configuration: number,
  values: readonly string[],
  given: { ms: number | null; verdict: Verdict | null; replicas: number; usd: number | null },
): SweepRow {
  const { ms, verdict, replicas, usd } = given
  const lost = { value: null, low: null, high: null, n: 1000 }
  const estimate = ms === null ? lost : estimateOf(ms, 0.1)
  const percentiles = { p50: estimate, p90: estimate, p95: estimate, p99: estimate, p99_9: lost }
  const text = 'p(95) latency_ms < 60'
  return {
    configuration,
    values: [...values],
    status: 'done',
    reason: null,
    scenario: 'a1b2',
    figures: {
      replications: 10,
      capacity_rps: 300 * replicas,
      load: 1 / replicas,
      verdict,
      stability: SAMPLE_STABILITY,
      extrapolated: [],
      uncalibrated: [],
      objectives:
        verdict === null
          ? []
          : [{ class: 'web', text, estimate, tail: null, verdict, deciding_duration_s: null }],
      classes: [
        {
          name: 'web',
          arrived: 1000,
          latency: { mean: estimate, percentiles },
          latency_all: percentiles,
          goodput_share: estimateOf(0.99, 0.001),
        },
      ],
      pools: [
        {
          name: 'central',
          replicas,
          utilisation: estimateOf(0.9 / replicas, 0.01),
          batch_mean: estimateOf(3, 0.1),
          power_w: null,
          joule_per_request: null,
        },
      ],
      cost:
        usd === null
          ? null
          : {
              usd_per_hour: usd,
              usd_per_million: estimateOf(usd, 0.01),
              usd_per_million_tokens: null,
            },
    },
  }
}

export const invalidRow = (configuration: number, values: readonly string[]): SweepRow => ({
  configuration,
  values: [...values],
  status: 'invalid',
  reason: 'expected less\nand more',
  scenario: null,
  figures: null,
})

/** Of 8 configurations the first two lose requests, the next two are too slow, and 4 hold. */
function sampleRows(price: number | null): SweepRow[] {
  return GRID[0]!.flatMap((replicas, i) =>
    GRID[1]!.map((batch, j) => {
      const ms = i === 0 ? null : 100 / (i + j / 4)
      const verdict = ms !== null && ms < 60 ? 'PASS' : 'FAIL'
      const usd = price === null ? null : price * (i + 1)
      const given = { ms, verdict, replicas: i + 1, usd } as const
      return sampleRow(2 * i + j + 1, [replicas, batch], given)
    }),
  )
}

export function sampleSweep(sample: SampleSweep = {}): Sweep {
  const { price = 2, limitMs = 60, grid = GRID, paths = PATHS } = sample
  const rows = sample.rows ?? sampleRows(price)
  const having = (verdict: string | null) =>
    rows.filter(({ figures }) => figures !== null && figures.verdict === verdict)
  const passing = having('PASS')
  return sweepSchema.parse({
    document: 'spillway-sweep',
    format: 1,
    version: '0.1.0',
    commit: null,
    scenario: { name: 'shop', hash: 'c0ffee', description: 'How many?', file: 'shop.yaml' },
    profile: null,
    seed: 3,
    replications: 10,
    precision: null,
    set: ['duration_s=60'],
    paths,
    grid,
    shard: null,
    figure: { class: 'web', text: 'p(95) latency_ms', objective: 0, limit_ms: limitMs },
    configurations: rows.length,
    counts: {
      PASS: passing.length,
      UNDECIDED: having('UNDECIDED').length,
      FAIL: having('FAIL').length,
      not_judged: having(null).length,
      invalid: rows.filter(({ status }) => status === 'invalid').length,
      out_of_memory: 0,
    },
    best: (passing[0] ?? rows.find(({ figures }) => figures !== null))?.configuration ?? null,
    front:
      price === null
        ? null
        : passing.filter((_, i) => i % 2 === 1).map(({ configuration }) => configuration),
    rows,
  })
}
