import { estimateText, figure } from '../../reports/format.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import type { CaseReport, ChangeReport } from './judge.ts'
import type { MutantRow } from './mutant-matrix.ts'
import type { FidelityReport } from './main.ts'
import type { PredictionStudy } from './prediction.ts'

/** The fidelity page: every figure of the suite, failures included, the worst of each check first. */
export function fidelityPage(report: FidelityReport): string {
  const { host, made, cases, changes, prediction, mutants, minutes } = report
  return `# Fidelity

Written by \`npm run fidelity${made.quick ? ' -- --quick' : ''}\` in ${minutes.toFixed(0)} minutes on ${made.date}: ${host.cpu}, ${host.cores} cores,
${host.platform}, Node ${host.node}, ONNX Runtime ${host.onnxruntime}; Spillway ${made.version}, commit ${made.commit ?? 'none'}.
Raw rows: ${report.rows.toLocaleString('en-US')} requests, SHA-256 \`${report.checksum}\`. What each check says, and what it is blind to:
[design/003](../design/003-comparison.md) and [design/004](../design/004-checks-that-can-fail.md).

${summary(report)}

## Structure, A/A and audit

Each replay rebuilt from its own machine: simulated − measured, the worst of all replays in the percentiles that ${'`n(1 − p) ≥ 100`'}
requests support, within max(1 %, 30 µs) to pass. A/A: largest median difference of two replays of the same requests.

| scenario | replays | structure | worst error | A/A | audit | journals alike |
|---|---:|---|---:|---:|---|---:|
${cases.map(caseRow).join('\n')}

${failures(cases)}

## What if

The ratio of changed to unchanged latency, both replayed in turn. Predicted from the replays of the unchanged side. To pass:
p50 within max(5 %, 50 µs), p95 within max(10 %, 50 µs, A/A), with the whole interval of the measured ratio.

| change | percentile | measured ratio | predicted [band] | error | A/A | verdict |
|---|---|---:|---:|---:|---:|---|
${changes.flatMap(changeRows).join('\n')}

${changes.filter(({ check }) => check.verdict !== 'PASS').map(({ name, check }) => `- ${name}: ${check.verdict}, ${check.reason}`).join('\n')}

## Prediction

${predictionText(prediction)}

## Mutants

Deliberately wrong simulators, in every check of every scenario above. Found: off by more than 3 % and outside the range of all
replays, at p50, p90 or p95, in the median over three replays. The true simulator must be found nowhere.

| mutant | what is wrong | found in | strongest finder | error |
|---|---|---:|---|---:|
${mutants.map(mutantRow).join('\n')}
`
}

const signed = (share: number) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(2)} %`

function summary({ cases, changes, prediction, mutants }: FidelityReport): string {
  const tally = (verdicts: readonly string[]) => {
    const of = (verdict: string) => verdicts.filter((one) => one === verdict).length
    return `${of('PASS')} PASS, ${of('UNDECIDED')} UNDECIDED, ${of('FAIL')} FAIL`
  }
  const structure = cases.flatMap(({ percentiles }) =>
    percentiles.flatMap(({ verdicts, structure: errors }) =>
      verdicts.structure === null ? [] : errors.map(({ verdict }) => verdict as string),
    ),
  )
  const wrong = mutants.slice(1)
  const missed = wrong.filter(({ finder }) => finder === null)
  const broken = cases.filter(({ checks }) => checks.audit.verdict !== 'PASS')
  const alike = cases.reduce((sum, { fedBack }) => sum + fedBack, 0)
  const replays = cases.reduce((sum, one) => sum + one.replays, 0)
  return [
    `- Structure, (replay, percentile) cases: ${tally(structure)}`,
    `- What-if, changes: ${tally(changes.map(({ check }) => check.verdict))}`,
    ...prediction.checks.map(({ text, verdict }) => `- Prediction: ${verdict}, ${text}`),
    `- Audit: ${broken.length === 0 ? 'every rule kept' : `broken in ${broken.map(({ name }) => name).join(', ')}`}; journals fed back: ${alike} of ${replays} to the same decisions`,
    `- Mutants: ${wrong.length - missed.length} of ${wrong.length} found${missed.length > 0 ? `, not ${missed.map(({ mutant }) => mutant).join(', ')}` : ''}; the true simulator in ${mutants[0]!.found} of ${mutants[0]!.ran} checks`,
  ].join('\n')
}

function caseRow(one: CaseReport): string {
  const judged = one.percentiles.filter(({ verdicts }) => verdicts.structure !== null)
  const { worst, verdict } = one.checks.structure
  const floors = judged.map(({ noise_floor, p }) => ({ p, floor: noise_floor.median ?? 0 }))
  const noise = floors.reduce((a, b) => (b.floor > a.floor ? b : a), { p: 0.5, floor: 0 })
  const far =
    worst === null
      ? '–'
      : `${signed(worst.relative)} (${(1000 * worst.error_ms).toFixed(0)} µs) at ${percentileLabel(worst.p)}`
  return `| ${one.name} | ${one.replays} | ${verdict} | ${far} | ${(100 * noise.floor).toFixed(1)} % at ${percentileLabel(noise.p)} | ${one.checks.audit.verdict} | ${one.fedBack} of ${one.replays} |`
}

/** Every check that did not pass, with its reason. */
function failures(cases: readonly CaseReport[]): string {
  return cases
    .flatMap(({ name, checks, spoiled }) => [
      ...(checks.structure.verdict === 'PASS'
        ? []
        : [`- ${name}: structure ${checks.structure.verdict}, ${checks.structure.reason}`]),
      ...(checks.audit.verdict === 'PASS' ? [] : [`- ${name}: audit FAIL, ${checks.audit.reason}`]),
      ...spoiled.map((why) => `- ${name}: a replay does not count, ${why}`),
    ])
    .join('\n')
}

function changeRows({ name, percentiles }: ChangeReport): string[] {
  return percentiles
    .filter(({ p }) => p === 0.5 || p === 0.95)
    .map(
      ({ p, measured, predicted, error_relative, error_ms, noise_floor, verdict }) =>
        `| ${name} | ${percentileLabel(p)} | ${estimateText(measured, 'plain')} | ${estimateText(predicted, 'plain')} | ` +
        `${signed(error_relative)} (${(1000 * error_ms).toFixed(0)} µs) | ${(100 * (noise_floor.median ?? 0)).toFixed(1)} % | ${verdict ?? 'too few requests'} |`,
    )
}

function predictionText({ rows, checks }: PredictionStudy): string {
  const replays = rows[0]?.replays ?? 0
  const lines = rows.map(
    (row) =>
      `| ${row.name} | ${percentileLabel(row.p)} | ${(100 * row.medianError).toFixed(2)} % | ${(100 * row.floor).toFixed(2)} % | ` +
      `${signed(row.meanError.value)} [${signed(row.meanError.low!)}, ${signed(row.meanError.high!)}] | ${row.inside} of ${row.replays} | ` +
      `${figure(row.bandWidth / row.spread)} | ${figure(row.intervalScore)} |`,
  )
  return `${replays} later replays at each of four loads, predicted from rehearsals of other requests some minutes earlier
(\`spillway calibrate --from\`). Relative to the median of the replays. Band: 95 % of single simulated runs; spread: from the smallest to the
largest replay; interval score: Gneiting and Raftery 2007, less is better.

| replays | percentile | median error | A/A | mean signed error [95 %] | in band | band / spread | interval score |
|---|---|---:|---:|---:|---:|---:|---:|
${lines.join('\n')}

${checks.map(({ text, verdict }) => `- ${verdict}: ${text}`).join('\n')}`
}

function mutantRow({ mutant, fault, finder, largest, found, ran }: MutantRow): string {
  const cell = finder ?? largest
  const where = `${cell.check}, ${cell.case}, ${percentileLabel(cell.p)}`
  const name = mutant === 'none' ? '**none**' : mutant
  return `| ${name} | ${fault} | ${found} of ${ran} | ${finder === null ? `none; largest: ${where}` : where} | ${signed(cell.error)} |`
}
