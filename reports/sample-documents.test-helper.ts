import {
  type Assumptions,
  type PoolEnergy,
  type Result,
  resultSchema,
  type Series,
} from '../sim/documents/index.ts'
import { sampleComparison } from './sample-comparison.test-helper.ts'
import {
  distributionOf,
  estimateOf,
  latencyAt,
  percentilesOf,
  SAMPLE_STABILITY,
  type Sample,
  TOKEN_SHARES,
  tailOf,
} from './sample-figures.test-helper.ts'
import { sampleMemory } from './sample-memory.test-helper.ts'

function seriesOf(measured: boolean, buckets: number, medianMs: number): Series {
  const t = Array.from({ length: buckets }, (_, i) => i / buckets)
  const surge = (u: number) => Math.exp(-(((u - 0.5) / 0.08) ** 2))
  const wobble = (u: number, k: number) => Math.sin(u * k * 9.1) * Math.cos(u * k * 4.3)
  const noise = measured ? 1 : 0.25
  const edges = Array.from({ length: 61 }, (_, i) => 0.2 * 10 ** (i / 30))
  const queue = t.map((u) => Math.max(0, 1.5 + 22 * surge(u) + noise * wobble(u, 11)))
  return {
    bucket_s: 30 / buckets,
    arrived_rps: t.map((u) => 800 + 700 * surge(u) + 30 * wobble(u, 13)),
    wasted_rps: t.map(() => 0),
    served_rps: t.map((u) => 800 + 690 * surge(u - 0.01) + 40 * noise * wobble(u, 17)),
    queue_mean: queue,
    queue_max: queue.map((q, i) => q * 1.6 + 2 + (i % 3)),
    batch_mean: t.map((u) => 2 + 5 * surge(u)),
    speed: t.map((u, i) => (i === 3 ? null : 0.97 + 0.04 * noise * wobble(u, 7))),
    heat: {
      latency_edges: edges,
      counts: t.map((u) =>
        edges.slice(1).map((edge) => {
          const centre = Math.log(medianMs) + 1.4 * surge(u) + 0.05 * noise * wobble(u, 19)
          const z = (Math.log(edge) - centre) / (0.35 + 0.3 * surge(u))
          return Math.round(400 * Math.exp(-z * z * (z < 0 ? 2 : 0.8)))
        }),
      ),
    },
  }
}

/** 30 intervals of a second; with the surge at 12 s, the clock falls from 15 to 21 s. */
function sampleEnergy({ heat, tokens = false }: NonNullable<Sample['energy']>): PoolEnergy {
  const seconds = Array.from({ length: 30 }, (_, i) => i)
  const surge = (i: number) => i >= 12 && i < 20
  return {
    power_w: estimateOf(812, 0.01, 80),
    joule_per_request: estimateOf(1.02, 0.01, 80),
    joule_per_token: tokens ? estimateOf(0.26, 0.01, 80) : null,
    carbon_g_per_request: estimateOf(0.00011, 0.01, 80),
    shutdowns:
      heat === 'stopped'
        ? {
            count: 20,
            down: estimateOf(0.4, 0.1, 10),
            series: seconds.map((i) => (i < 15 || i > 24 ? 0 : i < 18 ? 1 : 1.8)),
          }
        : null,
    uncalibrated: ['power (no source)', ...(heat === null ? [] : ['heat (no source)'])],
    series: {
      every_s: 1,
      power_w: seconds.map((i) => (surge(i) ? 1200 : 700)),
      heat:
        heat === null
          ? null
          : {
              warmest_c: seconds.map((i) => (i < 12 ? 70 : i < 17 ? 70 + 3.6 * (i - 12) : 88)),
              lowest_clock: seconds.map((i) => {
                if (heat === 'cool' || i < 15 || i > 20) return 1
                return heat === 'throttled' ? 0.8 : 0
              }),
            },
    },
  }
}

function tokensOf(shift: number, medianMs: number) {
  const of = (share: number) => ({
    mean: estimateOf(1.4 * share * medianMs * shift, 0.02),
    percentiles: percentilesOf((p) => latencyAt(p, shift, share * medianMs)),
  })
  const { ttft, tpot } = TOKEN_SHARES
  return { ttft: of(ttft), tpot: of(tpot), itl: of(tpot), preemptions: estimateOf(0.4, 0.1, 80) }
}

function sampleAssumptions(pool: string): Assumptions {
  const value = (path: string, text: string, byDefault = false) => ({
    path,
    value: text,
    by_default: byDefault,
  })
  return {
    values: [
      value('duration_s', '30'),
      value('models.encoder.builtin', 'mlp'),
      value('models.encoder.layers', '8', true),
      value('traffic.interactive.arrivals.process', 'poisson'),
      value('traffic.interactive.arrivals.surges', '[{"at_s":12,"factor":3}]'),
      value('slo.interactive', '["goodput > 99%"]'),
      value(`pools.${pool}.batching.policy`, 'dynamic'),
      value(`pools.${pool}.batching.max_batch`, '8'),
      value(`pools.${pool}.queue.discipline`, 'fifo', true),
    ],
    batch_times: [
      {
        pool,
        steps: false,
        sizes: [1, 2, 4, 8],
        curves: [
          { length: 8, ms: [1, 1.2, 1.5, 2.1] },
          { length: 96, ms: [2, 3, 5.1, 9.4] },
        ],
      },
    ],
  }
}

/** A result document, simulated or measured. */
export function sampleResult(world: Result['world'], sample: Sample = {}): Result {
  const { limitMs = 10, replays = [1.05, 0.92, 1.6], name = 'payment-peak' } = sample
  const { pools = ['central'], buckets = 60, medianMs = 1.4 } = sample
  const measured = world === 'measured'
  const runs = measured ? replays.length : 80
  const shift = measured ? 1.03 : 1
  const cell = {
    name: 'interactive',
    counts: {
      arrived: 30_000 * runs,
      served: 29_985 * runs,
      shed: 10 * runs,
      timed_out: 5 * runs,
      abandoned: 0,
      cancelled: 0,
      failed: 0,
      in_flight: 0,
    },
    latency: {
      mean: estimateOf(1.9 * shift, 0.02),
      percentiles: percentilesOf((p) => latencyAt(p, shift, medianMs)),
    },
    latency_all: percentilesOf((p) => latencyAt(p, shift, medianMs)),
    parts: {
      lag: distributionOf(measured ? 0.04 : 0, 0.2),
      queue: distributionOf(0.55 * shift, 1.2),
      batch_wait: distributionOf(0.24, 0.4),
      service: distributionOf(1.02 * shift, 0.15),
      overhead: distributionOf(0.08, 0.5),
    },
    throughput_rps: estimateOf(811.2, 0.004),
    goodput_rps: estimateOf(808.2, 0.004),
    goodput_share: estimateOf(0.9962, 0.0004),
    retries: 120 * runs,
    tokens: sample.tokens ? tokensOf(shift, medianMs) : null,
  }
  const p99 = cell.latency.percentiles.p99
  return resultSchema.parse({
    document: 'spillway-result',
    format: 1,
    version: '0.1.0',
    commit: null,
    world,
    scenario: { name, hash: '5f3c9a1e', description: `A surge on ${name}` },
    seed: 1,
    runs,
    precision: null,
    profile: { name: 'reference', hash: '77aa12bc' },
    requests: 'c0ffee42',
    duration_s: 30,
    warmup_s: 2,
    load: 0.6,
    assumptions: sampleAssumptions(pools[0]!),
    classes: [
      {
        ...cell,
        tail: [],
        hedges: null,
        calls: {
          made: 1000 * runs,
          answered: 990 * runs,
          latency: cell.latency,
          latency_all: cell.latency_all,
        },
      },
    ],
    stability: SAMPLE_STABILITY,
    pools: pools.map((pool) => ({
      ...cell,
      name: pool,
      shed_by: {
        memory: 0,
        priority: 0,
        deadline: 4 * runs,
        concurrency: 0,
        queue: 6 * runs,
        tokens: 0,
        unavailable: 0,
        overflow: 0,
      },
      replicas: 1,
      utilisation: estimateOf(0.61, 0.01),
      occupied: estimateOf(0.66, 0.01),
      stalls: measured ? null : { executors: 0.007, dispatcher: 0.02 },
      wasted: estimateOf(0.012, 0.1),
      kv_blocks: null,
      kv_blocks_limit: null,
      energy: sample.energy && !measured ? sampleEnergy(sample.energy) : null,
      availability: null,
      prefix_hit_rate: null,
      capacity_rps: 1340,
      batch_mean: estimateOf(measured ? 2.9 : 3.1, 0.02),
      batch_efficiency: estimateOf(0.72, 0.01),
      batch_sizes: Array.from({ length: 16 }, (_, i) =>
        Math.round(9000 / (i + (measured ? 2 : 2.3))),
      ),
    })),
    objectives: [
      {
        class: 'interactive',
        text: `p(99) latency_ms < ${limitMs}`,
        estimate: p99,
        verdict: (p99.high ?? 0) < limitMs ? 'PASS' : 'FAIL',
        tail: null,
        deciding_duration_s: null,
      },
      {
        class: 'interactive',
        text: 'goodput > 99%',
        estimate: cell.goodput_share,
        verdict: 'PASS',
        tail: null,
        deciding_duration_s: null,
      },
    ],
    headroom: null,
    worst_window: {
      window_s: 10,
      classes: [{ name: 'interactive', latency: cell.latency.percentiles }],
      pools: pools.map((name) => ({ name, utilisation: estimateOf(0.93, 0.01) })),
      queue_mean: estimateOf(12, 0.05),
    },
    cost: {
      usd_per_hour: 2.4,
      usd_per_million: estimateOf(1.21, 0.03),
      usd_per_million_tokens: sample.energy?.tokens ? estimateOf(0.31, 0.03) : null,
    },
    memory: sample.memory ? sampleMemory(world, pools[0]!) : [],
    surges: [
      {
        class: 'interactive',
        at_s: 12,
        peak_backlog: estimateOf(46, 0.1),
        recovery_s: estimateOf(1.3, 0.2),
      },
    ],
    tail: tailOf(shift, true, medianMs),
    tails: measured ? replays.map((stretch) => tailOf(stretch, false, medianMs)) : [],
    ...(sample.tokens && {
      token_tails: Object.fromEntries(
        Object.entries(TOKEN_SHARES).map(([name, share]) => {
          const each = replays.map((stretch) => tailOf(stretch, false, share * medianMs))
          const tail = tailOf(shift, true, share * medianMs)
          return [name, { tail, tails: measured ? each : [] }]
        }),
      ),
    }),
    series: seriesOf(measured, buckets, medianMs),
    warnings: measured ? ['replay 3: send delay reached 2.1 ms'] : [],
    valid: true,
    garbage_collections: null,
    host: {
      cpu: 'Example CPU',
      cores: 2,
      memory_gib: 16,
      platform: 'linux x64',
      node: '20.20.2',
      onnxruntime: '1.30.0',
      adapter: null,
    },
  })
}

/** All three documents of one sample. */
export function sampleInput(sample: Sample = {}) {
  return {
    simulated: sampleResult('simulated', sample),
    measured: sampleResult('measured', sample),
    comparison: sampleComparison(sample),
  }
}
