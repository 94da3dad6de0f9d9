import { parseObjective } from '../../scenarios/index.ts'
import {
  type Comparison,
  type Host,
  notCountedTexts,
  type Result,
  tokenChecks,
  type Verdict,
} from '../../sim/documents/index.ts'
import { largest, type ReportInput, sidesOf } from '../charts/frame.ts'
import {
  declared,
  estimateText,
  figure,
  loadText,
  moment,
  objectiveLimit,
  ofLimitText,
  percent,
  percentileName,
  plural,
  signedPercent,
  usd,
} from '../format.ts'
import { withInputsText } from './uncertainty-tables.ts'

/** The documents in words and table cells, for pages and terminals. */

const CHECKS = [
  { key: 'structure', name: 'structure' },
  { key: 'what_if', name: 'what-if' },
  { key: 'prediction', name: 'prediction' },
  { key: 'memory', name: 'memory' },
  { key: 'audit', name: 'audit' },
] as const

const nameOf = (key: string) => CHECKS.find((check) => check.key === key)!.name

/** Each check of a comparison, with its verdict and reason; those of token times come last. */
export function checksOf(comparison: Comparison) {
  const { checks } = comparison
  const ofAll = CHECKS.flatMap(({ key, name }) => {
    const check = checks[key]
    return check === null ? [] : [{ key, name, ...check }]
  })
  const ofTokens = tokenChecks(comparison).map(({ title, key, ...check }) => {
    return { key, name: `${title} ${nameOf(key)}`, ...check }
  })
  return [...ofAll, ...ofTokens]
}

/** How far two replays of the same requests differ, at the percentile where it is most. */
export function noiseFloorText({ percentiles }: Comparison): string {
  const floors = percentiles.flatMap(({ p, noise_floor: { median } }) =>
    median === null ? [] : [{ p, median }],
  )
  const most = largest(floors, ({ median }) => median)
  if (!most) return 'not known from one replay; replay at least twice'
  const difference = signedPercent(most.median).replace(/^\+/, '')
  const where = percentileName(most.p)
  return `two replays of the same requests differ by ${difference} at ${where}, in the median`
}

/** "3 replays", or how many of them count. */
export function replaysText({ replays, not_counted }: Comparison): string {
  const counted = replays - not_counted.length
  if (counted === replays) return plural(replays, 'replay')
  return counted > 0
    ? `${counted} of ${plural(replays, 'replay')}`
    : `${plural(replays, 'replay')}, of which none counts`
}

/** Of a result with such replays; its warnings have the reasons. */
export const NOT_VALID = 'NOT VALID: not every replay counts'

/** The replays that do not count, a sentence for each reason. */
export const notCountedReplays = ({ not_counted }: Comparison): string[] =>
  notCountedTexts(
    'replay',
    not_counted.map(({ replay, ...why }) => ({ number: replay, ...why })),
  )

/** Of a result that is not stable, what its figures are worth; null for a stable one. */
export function overloadText({
  stability,
  runs,
}: Pick<Result, 'stability'> & { readonly runs?: number }): string | null {
  const { state, reason, metastable } = stability
  if (metastable !== undefined) return metastableText(metastable, stability, runs)
  if (state === 'STABLE') return null
  if (state === 'UNDECIDED') return `not known whether it is overloaded: ${reason}`
  return `OVERLOADED: ${reason}; latencies and lost requests depend on the duration`
}

/** Of a system that stays down although it could serve its traffic. */
function metastableText(
  { since_s, load, served_share, runs: down }: NonNullable<Result['stability']['metastable']>,
  { state, reason }: Result['stability'],
  runs = down,
): string {
  const which = down === runs ? '' : ` in ${down} of ${runs} runs`
  const also = state === 'STABLE' ? '' : `; ${state}: ${reason}`
  return `METASTABLE${which}: from ${moment(Math.round(since_s))} on it stays down and serves ${percent(served_share)} of its traffic, though the load without retries is ${loadText(load)}, below its capacity${also}`
}

/**
 * The first check that decided, and the names of others that would have. If all passed, it is the
 * what-if, if there was one: the only check that a wrong work model cannot pass.
 */
export function decisiveReason(comparison: Comparison): string {
  const { verdict } = comparison
  const decisive = checksOf(comparison).filter((check) => check.verdict === verdict)
  const passed = verdict === 'PASS'
  const whatIf = decisive.find(({ key }) => key === 'what_if')
  const first = passed && whatIf ? whatIf : decisive[0]
  if (!first) return 'all checks'
  const also = decisive.slice(1).map(({ name }) => name)
  const others = passed || also.length === 0 ? '' : `; also ${also.join(', ')}`
  return `${first.name}: ${first.reason}${others}`
}

interface ObjectiveLine {
  /** "measured", "B measured" */
  readonly world: string
  readonly verdict: Verdict
  /** "interactive: p(99) latency_ms < 10" */
  readonly objective: string
  /** "9.3 [9.1, 9.5] ms, 0.93 of the limit" */
  readonly figure: string
}

/** Every objective on each side. */
export function objectiveLines(input: ReportInput): ObjectiveLine[] {
  const sides = sidesOf(input).flat()
  return sides.flatMap(({ label, result }) =>
    result.objectives.map((line) => ({
      world: label,
      verdict: line.verdict,
      objective: `${line.class}: ${line.text}`,
      figure: figureText(line),
    })),
  )
}

function figureText(line: Result['objectives'][number]): string {
  const { text, estimate } = line
  const open = undecidedText(line)
  if (estimate.value === null) return open ?? 'not supported by the sample'
  const undecided = open === null ? '' : `; ${open}`
  const objective = parseObjective(text)
  if (!objective || objective.kind === 'goodput') {
    return `${estimateText(estimate, 'share')}${withInputsText(line, 'share')}${undecided}`
  }
  const { limit, quantity } = objectiveLimit(objective)
  const share = ofLimitText(estimate.value / limit)
  const wider = withInputsText(line, quantity)
  return `${estimateText(estimate, quantity)}${wider}, ${share}${tailText(line)}${undecided}`
}

/** "; 0.03 [0.01, 0.07] % of 23,094 requests are beyond it": what decides few requests a run. */
function tailText({ tail, verdict }: Result['objectives'][number]): string {
  if (tail === null || verdict === 'UNDECIDED') return ''
  const n = tail.beyond.n.toLocaleString('en-US')
  return `; ${estimateText(tail.beyond, 'share')} of ${n} requests are beyond it`
}

/** Why an objective has no verdict or no figure, and what would decide it; null where it has. */
export function undecidedText(line: Result['objectives'][number]): string | null {
  const { estimate, deciding_duration_s: deciding } = line
  const longer = deciding === null ? '' : `; duration_s of about ${declared(deciding)} would decide`
  return estimate.reason === undefined ? null : `${estimate.reason}${longer}`
}

/** What `--precision` reached; null where it was not asked for. */
export function precisionText({ precision, runs }: Result): string | null {
  if (precision === null) return null
  const { target, reached, figure } = precision
  const done = reached <= target ? 'reached' : 'NOT reached'
  const share = (value: number) => `±${Number((100 * value).toPrecision(2))} %`
  return `precision ${share(target)} ${done}: ${share(reached)} of ${figure} after ${runs.toLocaleString('en-US')} replications`
}

/** How much traffic passes every objective, where that was searched. */
export function headroomText({ headroom }: Pick<Result, 'headroom'>): string | null {
  if (headroom === null) return null
  const { holds, breaks, objective, interval } = headroom
  if (holds === null) {
    const least = breaks === null ? '' : `: ${traffic(breaks, Math.floor)} does not, ${objective}`
    return `no traffic that was tried passes every objective${least}`
  }
  const passes = `${traffic(holds, Math.floor)} passes every objective by its interval${interval === 'inputs' ? ' with uncertain inputs' : ''}`
  const ends = breaks === null ? 'no more was tried' : `${traffic(breaks, Math.ceil)} does not`
  return `${passes}; ${ends}${breaks === null ? '' : `: ${objective}`}`
}

/**
 * "$1.20 an hour, $0.781 [0.742, 0.822] a million served requests", and a million generated tokens
 * where there are any; null without prices.
 */
export function resultCostText({ cost }: Result): string | null {
  if (cost === null) return null
  const hour = `${usd(cost.usd_per_hour)} an hour`
  const each = [
    [cost.usd_per_million, 'served requests'],
    [cost.usd_per_million_tokens, 'generated tokens'],
  ] as const
  const texts = each.flatMap(([million, what]) =>
    million === null || million.value === null
      ? []
      : [`$${estimateText(million, 'plain')} a million ${what}`],
  )
  return [hour, ...texts].join(', ')
}

/** "11 % more traffic", "5.06 times this traffic"; what passes is rounded down, the rest up. */
function traffic(factor: number, round: (value: number) => number): string {
  if (factor === 1) return 'this traffic'
  // factors are products, and so an ulp off
  const rounded = round(Number((100 * factor).toPrecision(12)))
  if (factor >= 2) return `${declared(rounded / 100)} times this traffic`
  return `${Math.abs(rounded - 100)} % ${factor > 1 ? 'more' : 'less'} traffic`
}

/** "Example CPU · 2 cores · 16 GiB · …" */
export function hostText(host: Host): string {
  return [
    host.cpu,
    `${host.cores} cores`,
    `${figure(host.memory_gib)} GiB`,
    host.platform,
    `Node ${host.node}`,
    `ONNX Runtime ${host.onnxruntime}`,
    ...(host.adapter === null ? [] : [host.adapter]),
  ].join(' · ')
}
