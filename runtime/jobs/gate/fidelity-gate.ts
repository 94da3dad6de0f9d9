import {
  byVerdict,
  type Comparison,
  type Estimate,
  type Gate,
  type GateMetric,
  namedTimes,
  tokenChecks,
  type Verdict,
} from '../../../sim/documents/index.ts'
import { percentileLabel } from '../../../sim/stats/index.ts'
import { type CompareOptions, compare } from '../compare.ts'
import { keptSides } from '../kept-sides.ts'
import { gateOf } from './gate.ts'

/**
 * Whether simulations of the replays in a folder are still true: its comparison, judged by the
 * tolerances of `compare`. Throws `Failure` where the folder has no replays.
 */
export async function fidelityGate(
  directory: string,
  options: CompareOptions & { readonly profile?: string | undefined } = {},
): Promise<Gate> {
  const [first, second] = await keptSides(directory, { profile: options.profile })
  const comparison = await compare(first, second, options)
  const { scenario, verdict, checks, tolerance } = comparison
  const metrics = metricsOf(comparison)
  const none = { scenario: [], profile: null, engine: null }
  const ofTokens = tokenChecks(comparison)
  const performed = [...Object.values(checks), ...ofTokens].filter((check) => check !== null)
  const decisive = performed.find((check) => check.verdict === verdict)!
  return gateOf(
    'fidelity',
    [
      {
        file: directory,
        name: scenario.name,
        hash: scenario.hash,
        base: `the replays in ${directory}`,
        verdict,
        reason: decisive.reason,
        changes: none,
        metrics,
        measured: null,
      },
    ],
    { ...options, margin: tolerance.relative },
  )
}

function metricsOf({ percentiles, token_times, checks, tolerance }: Comparison): GateMetric[] {
  const latency = { title: '', percentiles }
  const measured = [latency, ...namedTimes(token_times)]
  const rows = measured.flatMap((measure) => percentileMetrics(measure, tolerance))
  const others = (['what_if', 'memory', 'audit'] as const).flatMap((key) => {
    const check = checks[key]
    return check === null
      ? []
      : [{ ...bare(key.replace('_', '-'), check.verdict), note: check.reason }]
  })
  return [...rows, ...others].sort((a, b) => byVerdict(a.verdict, b.verdict))
}

/** Structure and prediction at each percentile of a measure, whose title its metrics have. */
function percentileMetrics(
  { title, percentiles }: Pick<Comparison, 'percentiles'> & { readonly title: string },
  { relative }: Comparison['tolerance'],
): GateMetric[] {
  return percentiles.flatMap(({ p, verdicts, measured, structure, simulated }) => {
    const label = `${title} ${percentileLabel(p)}`.trimStart()
    const errors = structure.map(({ error_relative }) => error_relative)
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
    const modelledMs = measured.value! * (1 + mean)
    return [
      ...row(`structure, ${label}`, verdicts.structure, measured, modelledMs, relative),
      ...row(`prediction, ${label}`, verdicts.prediction, measured, simulated.value!, null),
    ]
  })
}

/** None where the sample supports no verdict. */
function row(
  name: string,
  verdict: Verdict | null,
  { value, low, high }: Estimate,
  head: number,
  margin: number | null,
): GateMetric[] {
  if (verdict === null) return []
  const base = value!
  const interval = low === null || high === null ? {} : { base_low: low, base_high: high }
  return [{ ...bare(name, verdict), base, ...interval, head, ratio: head / base, margin }]
}

function bare(name: string, verdict: Verdict): GateMetric {
  return {
    class: null,
    name,
    unit: 'ms',
    better: 'lower',
    base: null,
    head: null,
    ratio: null,
    low: null,
    high: null,
    margin: null,
    p: null,
    deciding_blocks: null,
    verdict,
    note: null,
  }
}
