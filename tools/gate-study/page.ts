import { mean, sampleStandardDeviation } from 'simple-statistics'
import { fixed, percent, signedPercent } from '../../reports/format.ts'
import type { Gate, GateVerdict } from '../../sim/documents/index.ts'
import { markdownTable } from '../markdown-table.ts'
import { GATE_MINUTES, type Gates, type Kind, MARGIN, type Recorded, SCENARIO } from './record.ts'
import { blocksOf, type Resampled } from './resample.ts'

/** Live gates, and those that are resampled from their blocks. */
export interface GatesOn {
  readonly gates: Gates
  readonly resampled: Readonly<Record<Kind, readonly Resampled[]>>
}

export interface Study extends Pick<GatesOn, 'resampled'> {
  readonly recorded: Recorded
  /** beside a busy loop; null where none is recorded */
  readonly busy: GatesOn | null
  /** rule on synthetic blocks: shares of FAIL */
  readonly synthetic: readonly {
    readonly truth: number
    readonly deviation: number
    readonly trials: number
    readonly shares: Readonly<Record<GateVerdict, number>>
  }[]
  readonly folder: string
}

const KINDS: Readonly<Record<Kind, string>> = {
  aa: 'A/A: the scenario against itself',
  slower: 'one more layer of twenty',
}
/** Rows of a table: of the quiet machine, and then beside a busy loop. */
function rowsOf(
  { recorded, resampled, busy }: Study,
  rows: (on: GatesOn, kind: Kind, label: string) => string[][],
): string[][] {
  const kinds = Object.keys(KINDS) as Kind[]
  const of = (on: GatesOn, beside: string) =>
    kinds.flatMap((kind) => rows(on, kind, `${KINDS[kind]}${beside}`))
  const quiet = of({ gates: recorded.gates, resampled }, '')
  return busy === null ? quiet : [...quiet, ...of(busy, ', beside a busy loop')]
}

const METRICS = ['service time', 'p50', 'p95', 'p99']
const VERDICTS = ['PASS', 'FAIL', 'UNDECIDED', 'IMPROVED'] as const

/** The page of a study. */
export function studyPage(study: Study): string {
  const { recorded, folder } = study
  const { host } = recorded
  return `# Gate study

Written by \`npm run gate-study\`; its data are in [${folder}](${folder}). How a gate works: [guide](../guides/gate.md).

On ${host.cpu}, ${host.cores} cores, ONNX Runtime ${host.onnxruntime}. Scenario: \`${SCENARIO}\`. The slowdown is real: the head runs
21 equal layers in place of 20. The margin is ${percent(MARGIN)}, half of the slowdown: a gate finds what is wholly above its margin.
A gate begins no round that would end after ${GATE_MINUTES} minutes. Service is processor time, so other programs may run beside.
${beside(study)}

## Live gates

${liveTable(study)}

## Scatter of blocks

The mean change of service, and the standard deviation of ln(head / base) over all recorded blocks. Without a change the mean has to be near 0. p50, p95 and p99 are derived; the measured p99 is what a gate
without derivation would have to judge.

${scatterTable(study)}

## Resampled gates

Each gate draws a pair of processes and plays their blocks in a drawn order; its confirmation draws another pair.

${resampledTable(study)}

## The derived tail against a long run

${truthTable(recorded)}

The long run alternates base and head as a gate does, in ${recorded.truth.blocks} blocks (${fixed(recorded.truth.minutes, 0)} minutes); its figures are measured
percentiles with 95 % intervals. The derived ratio is the mean over the live gates.

## The rule on synthetic blocks

Four metrics that share 70 % of their variance, and 5 % of the blocks four times as far off. The margin is 5 %.

${syntheticTable(study)}

## A doubled batch window

Prediction gates with 20 seeds for each scenario, its window doubled, the usual margin of 5 %. The change is that of the percentile that changes most, in the seed where it is
smallest. A change below the margin passes: in yardstick most batches fill before their window ends.

${markdownTable(
  ['scenario', 'found', 'least change'],
  recorded.doubled.map(({ scenario, seeds, found, least }) => [
    scenario,
    `${found} of ${seeds}`,
    signedPercent(least),
  ]),
)}
`
}

/** What ran beside, in words. */
const beside = ({ busy }: Study) =>
  busy === null
    ? '`npm run gate-study -- --busy` adds gates beside a loop that keeps one core busy.'
    : `Gates beside a busy loop ran with a process that keeps one core busy (\`npm run gate-study -- --busy\`), at commit ${commitsOf(busy.gates)}.`

/** Of which versions gates are. */
function commitsOf({ aa, slower }: Gates): string {
  const commits = [...aa, ...slower].map(({ commit }) => commit?.slice(0, 12) ?? 'unknown')
  return [...new Set(commits)].map((commit) => `\`${commit}\``).join(' and ')
}

function liveTable(study: Study): string {
  const rows = rowsOf(study, ({ gates }, kind, label) => {
    const all = gates[kind]
    const count = (verdict: string) => all.filter((gate) => gate.verdict === verdict).length
    const minutes = all.map(({ cases }) => cases[0]!.measured!.minutes)
    if (all.length === 0) return []
    return [
      [
        label,
        String(all.length),
        ...VERDICTS.map((verdict) => String(count(verdict))),
        `${fixed(mean(minutes), 1)} (at most ${fixed(Math.max(...minutes), 1)})`,
        stalledText(all),
      ],
    ]
  })
  return markdownTable(
    [...['head', 'gates', ...VERDICTS], ...['minutes a gate', 'time in stalls']],
    rows,
  )
}

/** The share of the time in which dispatchers stalled, mean over gates. */
function stalledText(gates: readonly Gate[]): string {
  const shares = gates.flatMap(({ cases }) => {
    const stalls = cases[0]!.measured?.stalls
    return stalls === undefined ? [] : [(stalls.base + stalls.head) / 2]
  })
  return shares.length === 0 ? '–' : percent(mean(shares))
}

function scatterTable(study: Study): string {
  const rows = rowsOf(study, ({ gates }, kind, label) => {
    const blocks = blocksOf(gates[kind])
    const raw = blocks.flatMap((block) => {
      const percentile =
        block.raw.find(({ p }) => p === 0.95) ?? block.raw.find(({ p }) => p === 0.5)
      return percentile ? [Math.log(percentile.head / percentile.base)] : []
    })
    const deviation = (values: number[]) =>
      values.length < 2 ? '–' : percent(sampleStandardDeviation(values))
    const service = blocks.map(({ metrics }) => metrics[0]!)
    return [
      [
        label,
        String(blocks.length),
        service.length === 0 ? '–' : signedPercent(Math.exp(mean(service)) - 1),
        ...METRICS.map((_, i) => deviation(blocks.map(({ metrics }) => metrics[i]!))),
        deviation(raw),
      ],
    ]
  })
  return markdownTable(['head', 'blocks', 'mean of service', ...METRICS, 'measured p95'], rows)
}

function resampledTable(study: Study): string {
  const rows = rowsOf(study, ({ resampled }, kind, label) =>
    resampled[kind].map(({ margin, gates, shares, blocks }) => [
      label,
      percent(margin),
      gates.toLocaleString('en-US'),
      ...VERDICTS.map((verdict) => percent(shares[verdict])),
      fixed(blocks, 1),
    ]),
  )
  return markdownTable(['head', 'margin', 'gates', ...VERDICTS, 'blocks'], rows)
}

/** A percentile of the long run, beside those that the live gates of the slower head derived. */
export type LongRunRow = ReturnType<typeof longRunRows>[number]

export function longRunRows({ gates, truth }: Recorded) {
  const metrics = (gate: Gate, name: string) =>
    gate.cases[0]!.metrics.find((metric) => metric.name === name)
  return truth.percentiles.map(({ p, ratio, low, high }) => {
    const name = `p${100 * p}`
    const derived = gates.slower.flatMap((gate) => metrics(gate, name) ?? [])
    const held = derived.filter(
      (metric) => (metric.low ?? 0) <= ratio && ratio <= (metric.high ?? 9),
    )
    return { p, name, ratio, low, high, derived, held: held.length }
  })
}

function truthTable(recorded: Recorded): string {
  const rows = longRunRows(recorded).map(({ name, ratio, low, high, derived, held }) => [
    name,
    signedPercent(mean(derived.map((metric) => metric.ratio!)) - 1),
    `${signedPercent(ratio - 1)} [${signedPercent((low ?? Number.NaN) - 1)}, ${signedPercent((high ?? Number.NaN) - 1)}]`,
    `${held} of ${derived.length}`,
  ])
  return markdownTable(['', 'derived', 'long run', 'gates whose interval holds the long run'], rows)
}

function syntheticTable({ synthetic }: Study): string {
  return markdownTable(
    ['true ratio', 'scatter of a block', 'gates', ...VERDICTS],
    synthetic.map(({ truth, deviation, trials, shares }) => [
      fixed(truth, 2),
      percent(deviation),
      trials.toLocaleString('en-US'),
      ...VERDICTS.map((verdict) => percent(shares[verdict])),
    ]),
  )
}
