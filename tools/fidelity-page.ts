import type { Comparison, Host, ReplayError } from '../sim/stats/index.ts'

export interface FidelityRow {
  readonly comparison: Comparison
  readonly warnings: readonly string[]
}

/**
 * The fidelity page: a table of every scenario, the worst first in each cell, failures included.
 */
export function fidelityPage(
  rows: readonly FidelityRow[],
  made: { readonly host: Host; readonly version: string; readonly commit: string | null },
): string {
  const { host } = made
  return `# Fidelity

Written by \`npm run fidelity\` (about ${minutes(rows)} minutes) on ${host.cpu}, ${host.cores} cores, ${host.platform}, Node ${host.node},
ONNX Runtime ${host.onnxruntime}; Spillway ${made.version}, commit ${made.commit ?? 'none'}. What each figure means and how it is judged:
[design/003](../design/003-comparison.md). Errors are simulated − measured. Structure: worst of ${rows[0]?.comparison.replays ?? 0} replays, signed;
prediction: median over replays, signed, and how many replays lie inside the 95 % band; A/A: median difference of two replays of the
same requests. Where the sample supports no verdict on a percentile, it is not listed.

${rows.map(section).join('\n')}`
}

function section({ comparison, warnings }: FidelityRow): string {
  const { scenario, percentiles, checks, verdict } = comparison
  const lines = percentiles.map((one) => {
    const structure = worst(one.structure)
    const prediction = middle(one.prediction)
    const inside = one.each.filter(
      ({ value }) => value >= (one.simulated.low ?? 0) && value <= (one.simulated.high ?? 0),
    ).length
    const measured = one.each.map(({ value }) => ms(value)).join(' / ')
    return (
      `| p${Number((one.p * 100).toFixed(4))} | ${one.n.toLocaleString('en-US')} | ${measured} | ` +
      `${ms(one.simulated.value)} [${ms(one.simulated.low)}, ${ms(one.simulated.high)}] | ` +
      `${percent(structure.error_relative)} (${us(structure.error_ms)}) ${structure.verdict} | ` +
      `${percent(prediction.error_relative)}, ${inside} of ${one.each.length} | ` +
      `${percent(one.noise_floor.median ?? Number.NaN).replace('+', '')} |`
    )
  })
  return `## ${scenario.name}: ${verdict}

${scenario.description}

| | n | measured, each replay | predicted [95 % band] | structure error | prediction error, in band | A/A |
|---|---:|---:|---:|---:|---:|---:|
${lines.join('\n')}

- structure: ${checks.structure.verdict}, ${checks.structure.reason}
- prediction: ${checks.prediction.verdict}, ${checks.prediction.reason}
${warnings.map((warning) => `- ${warning}\n`).join('')}`
}

function worst(errors: readonly ReplayError[]): ReplayError {
  return errors.reduce((a, b) => (Math.abs(b.error_relative) > Math.abs(a.error_relative) ? b : a))
}

function middle(errors: readonly ReplayError[]): ReplayError {
  const sorted = [...errors].sort((a, b) => a.error_relative - b.error_relative)
  return sorted[sorted.length >> 1]!
}

const minutes = (rows: readonly FidelityRow[]) => Math.max(1, Math.round(rows.length * 2.2))
const ms = (value: number | null) => (value === null ? '–' : `${value.toPrecision(3)} ms`)
const us = (value: number) => `${(value * 1000).toFixed(0)} µs`
const percent = (value: number) => `${value > 0 ? '+' : ''}${(100 * value).toFixed(2)} %`
