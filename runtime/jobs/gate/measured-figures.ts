import { mean } from 'simple-statistics'
import {
  byVerdict,
  type GateCase,
  type GateMetric,
  type GateVerdict,
  type MeasuredGate,
  worst,
} from '../../../sim/documents/index.ts'
import {
  CONFIRMATION,
  controlOf,
  driftBy,
  LOOKS,
  type MetricDecision,
  metricLabel,
  percentText,
  ratioInterval,
  ratiosOfBlocks,
} from '../../../sim/experiment/index.ts'
import { stream } from '../../../sim/kernel/index.ts'
import { percentile, percentileLabel, supports } from '../../../sim/stats/index.ts'
import { DERIVED } from './derived.ts'
import type { GateTraffic } from './gate-traffic.ts'
import type { LiveRounds } from './live-rounds.ts'
import type { Incomplete, JudgedBlock, PlayedGate } from './play-gate.ts'

interface Circumstances {
  readonly traffic: GateTraffic
  readonly rounds: LiveRounds
  readonly utilisation: MeasuredGate['utilisation']
  readonly minutes: number
  readonly maxMinutes: number
}

/** How a gate went, for its document. */
export function measuredFigures(
  { blocks, looks }: PlayedGate,
  { traffic, rounds, utilisation, minutes, maxMinutes }: Circumstances,
): MeasuredGate {
  const { base, slicing, factor } = traffic
  const { stalls } = rounds
  const random = stream(base.scenario.seed, 0, 'gate blocks')
  const measured = blocks.map(({ block }) => block)
  const { n, ratios } = ratiosOfBlocks(measured, DERIVED, () => random.uniform())
  return {
    rate_factor: factor,
    utilisation,
    slice_ms: slicing.sliceMs,
    block_slices: slicing.blockSlices,
    blocks: blocks.map((block) => blockDocument(block, base.scenario.pools)),
    looks: [...looks],
    control: controlOf(measured),
    not_counted: [...rounds.notCounted],
    ...(stalls && {
      stalls: {
        base: stalls.base,
        head: stalls.head,
        most: stalls.most,
        slices: stalls.slices,
        left_out: stalls.leftOut,
      },
    }),
    raw: ratios.map(({ p, a, b, ratio, low, high }) => {
      return { p, base: a, head: b, ratio: { value: ratio, low, high, n } }
    }),
    minutes,
    max_minutes: maxMinutes,
  }
}

function blockDocument(
  { block, values, fresh }: JudgedBlock,
  pools: readonly { readonly name: string }[],
): MeasuredGate['blocks'][number] {
  const n = Math.min(block.a.length, block.b.length)
  return {
    fresh,
    control: block.control,
    pools: block.causes.map(({ groups, ...causes }, i) => {
      return { pool: pools[i]!.name, ...causes, groups: [...groups] }
    }),
    metrics: [...values],
    raw: DERIVED.filter((p) => supports(n, p)).map((p) => {
      return { p, base: percentile(block.a, p), head: percentile(block.b, p) }
    }),
  }
}

/** The metrics of a gate, the worst first. */
export function measuredMetrics(
  { blocks, decisions, looks, baseMs, confirming, incomplete }: PlayedGate,
  margin: number,
): GateMetric[] {
  const busy = blocks.reduce((sum, { block }) => sum + block.busyMs, 0)
  const batches = blocks.reduce((sum, { block }) => sum + block.batches, 0)
  const base = [busy / batches, ...baseMs]
  const names = ['service time', ...DERIVED.map(percentileLabel)]
  // the interval is that of the last look, without the confirmation
  const looked = blocks.filter(({ fresh }) => !fresh).slice(0, looks.at(-1))
  const isOpen = confirming === 'FAIL' && incomplete !== null
  // that passes, as nothing has confirmed it
  const isBetter = ({ verdict }: MetricDecision, { high }: { readonly high: number | null }) =>
    verdict === 'PASS' && high !== null && high < 1 - margin
  return decisions
    .map((decision, i): GateMetric => {
      const { verdict, ratio, p, deciding_blocks } = decision
      const interval = ratioInterval(looked.map(({ values }) => values[i]!))
      return {
        class: null,
        name: names[i]!,
        unit: 'ms',
        better: 'lower',
        base: base[i]!,
        head: base[i]! * ratio,
        ratio,
        ...interval,
        margin,
        p,
        deciding_blocks,
        verdict,
        note: isOpen || isBetter(decision, interval) ? UNCONFIRMED : noteOf(decision),
      }
    })
    .sort((a, b) => byVerdict(a.verdict, b.verdict) || b.ratio! - a.ratio!)
}

const UNCONFIRMED = 'seen, but not confirmed on fresh blocks'

function noteOf({ verdict, deciding_blocks }: MetricDecision): string | null {
  if (verdict !== 'UNDECIDED') return null
  return deciding_blocks === null
    ? 'more than 1,000 blocks would be needed'
    : `about ${deciding_blocks} blocks would tell`
}

/** What a gate has that has not ended; a reader must not take it for a verdict. */
export function interimCase(played: PlayedGate): Pick<GateCase, 'verdict' | 'reason'> {
  return { verdict: 'UNDECIDED', reason: `the gate goes on: ${soFar(played)}` }
}

/** "7 of at least 10 blocks, service time +3.1 % in them". */
function soFar({ blocks, looks, confirming }: PlayedGate): string {
  const [looked, last = 0] = [blocks.filter(({ fresh }) => !fresh), looks.at(-1)]
  const change = confirming === 'FAIL' ? 'worse' : 'better'
  const count = confirming
    ? `${change} after ${last} blocks, and ${blocks.length - last} of ${CONFIRMATION} fresh ones played to confirm it`
    : `${looked.length} of at least ${LOOKS.find((look) => look > last) ?? last} blocks`
  if (blocks.length === 0) return count
  const ratio = Math.exp(mean(blocks.map(({ values }) => values[0]!)))
  return `${count}, service time ${signed(ratio)} in them`
}

function whyEnded(incomplete: Incomplete, { not_counted, max_minutes }: MeasuredGate): string {
  if (incomplete === 'time') {
    const most = max_minutes === 1 ? '1 minute' : `${max_minutes} minutes`
    return `no further round ends within ${most}; raise --max-minutes, or use a quieter machine`
  }
  const last = not_counted.at(-1)
  return `several rounds in a row have no block that counts, the last one: ${last}; use a quieter machine`
}

/** The verdict of a gate: undecided where the machine was not the same for base and head. */
export function measuredVerdict(
  played: PlayedGate,
  measured: MeasuredGate,
  metrics: readonly GateMetric[],
  margin: number,
): Pick<GateCase, 'verdict' | 'reason'> {
  const { decisions, incomplete } = played
  const drift = driftBy(measured.control)
  if (incomplete !== null) {
    return { verdict: 'UNDECIDED', reason: `${soFar(played)}; ${whyEnded(incomplete, measured)}` }
  }
  if (drift !== null) {
    const percent = percentText(Math.abs(drift - 1))
    const text = `the control kernel took ${percent} ${drift > 1 ? 'more' : 'less'} time before the head`
    return { verdict: 'UNDECIDED', reason: `${text}, so the machine has changed; gate again` }
  }
  const verdict = worst(decisions.map((decision) => decision.verdict))
  return { verdict, reason: reasonOf(verdict, metrics, margin) }
}

const signed = (value: number | null) =>
  value === null ? '–' : `${value < 1 ? '−' : '+'}${percentText(Math.abs(value - 1))}`

function reasonOf(verdict: GateVerdict, metrics: readonly GateMetric[], margin: number): string {
  const first = metrics.find((metric) => metric.verdict === verdict)!
  const { ratio, low, high, note } = first
  const figure = `${metricLabel(first)} ${signed(ratio)} [${signed(low)}, ${signed(high)}]`
  switch (verdict) {
    case 'FAIL':
      return `worse by more than ${percentText(margin)}: ${figure}, and fresh blocks alone show it too`
    case 'UNDECIDED':
      return `${figure} does not tell whether it is worse by ${percentText(margin)}: ${note}`
    case 'IMPROVED':
      return `better by more than ${percentText(margin)}: ${figure}, and fresh blocks alone show it too`
    case 'PASS':
      return `no metric is worse by ${percentText(margin)}; the worst is ${figure}`
  }
}
