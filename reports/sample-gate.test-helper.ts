import type { Gate, GateBlock, GateMetric } from '../sim/documents/index.ts'

/** A measured gate of which service time is worse, and p99 is not decided. */
export function sampleMeasuredGate(): Gate {
  const metric = (name: string, ratio: number, half: number, verdict: GateMetric['verdict']) => ({
    ...({ class: null, name, unit: 'ms', better: 'lower', margin: 0.05 } as const),
    base: 4,
    head: 4 * ratio,
    ratio,
    low: ratio - half,
    high: ratio + half,
    p: verdict === 'FAIL' ? 0.00098 : 0.3,
    verdict,
    deciding_blocks: verdict === 'UNDECIDED' ? 34 : null,
    note: verdict === 'UNDECIDED' ? 'about 34 blocks would tell' : null,
  })
  const blocks = Array.from({ length: 20 }, (_, i): GateBlock => {
    const service = 1.1 + 0.01 * Math.sin(i)
    const pool = { pool: 'central', service, level: service, groups: [] }
    const causes = { wake_ms: 0.01, dispatch_ms: 0.002, completion_ms: -0.001 }
    return {
      fresh: i >= 10,
      control: 0.001,
      metrics: [0.1, 0.08, 0.07, 0.1],
      raw: [],
      pools: [{ ...pool, ...causes, base_batches: 400, head_batches: 390 }],
    }
  })
  const metrics = [
    metric('service time', 1.1, 0.02, 'FAIL'),
    metric('p99', 1.08, 0.06, 'UNDECIDED'),
    metric('p50', 1.02, 0.02, 'PASS'),
    metric('p95', 0.99, 0.03, 'PASS'),
  ]
  const raw = [0.5, 0.95, 0.99].map((p, i) => ({
    p,
    base: 4 + i,
    head: 4.4 + i,
    ratio: { value: 1.1, low: 1.05, high: 1.2 + 0.3 * i, n: 5000 },
  }))
  return {
    ...({ document: 'spillway-gate', format: 1, version: '0.1.0', commit: null } as const),
    ...({ gate: 'measured', margin: 0.05, verdict: 'FAIL' } as const),
    cases: [
      {
        file: 'peak.yaml',
        name: 'peak',
        hash: 'abc',
        base: 'old.yaml',
        verdict: 'FAIL',
        reason:
          'worse by more than 5 %: service time +10 % [+8 %, +12 %], and fresh blocks show it',
        changes: { scenario: ['models.encoder.layers: 20 → 22'], profile: null, engine: null },
        metrics,
        measured: {
          rate_factor: 0.8,
          utilisation: { base: 0.55, head: 0.6 },
          slice_ms: 250,
          block_slices: 8,
          blocks,
          looks: [10],
          control: 1.001,
          raw,
          minutes: 2.4,
          not_counted: ['round 2: its dispatcher stalled for 6 % of the time'],
        },
      },
    ],
    warnings: [],
    command: 'spillway gate peak.yaml --against old.yaml --measured',
  }
}
