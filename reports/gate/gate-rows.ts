import type { Gate, GateCase, GateFigure, GateMetric } from '../../sim/documents/index.ts'
import {
  declared,
  exactSize,
  fixed,
  NONE,
  percent,
  plural,
  signedPercent,
  signedPoints,
  threeDigits,
  time,
} from '../format.ts'

/** The tables of a case, each as cells, the header first. */
export const caseTables = (gateCase: GateCase, gate: Gate['gate']): string[][][] =>
  [
    metricCells(gateCase, gate),
    figureCells(gateCase),
    causeCells(gateCase),
    rawCells(gateCase),
  ].filter((cells) => cells.length > 0)

/** The metrics of a case; intervals and notes where there are any. */
export function metricCells({ metrics, figures }: GateCase, gate: Gate['gate']): string[][] {
  if (metrics.length === 0) return []
  if (figures !== undefined) {
    const rows = metrics.map((metric) => [metricName(metric), metric.verdict])
    return [['objective', 'verdict'], ...rows]
  }
  const paired = metrics.some(({ low }) => low !== null)
  const noted = metrics.some(({ note }) => note !== null)
  const fidelity = gate === 'fidelity'
  const baseHasInterval = metrics.some(({ base_low }) => base_low !== undefined)
  const drawn = metrics.some(({ with_inputs }) => with_inputs !== undefined)
  return [
    [
      ...['metric', 'verdict'],
      ...(fidelity ? ['measured'] : ['base']),
      ...(baseHasInterval ? [`95 % of ${fidelity ? 'measured' : 'base'}`] : []),
      ...(fidelity ? ['simulated', 'error'] : ['head', 'change']),
      ...(paired ? ['99 % interval'] : []),
      ...(drawn ? ['with uncertain inputs'] : []),
      'margin',
      ...(paired ? ['p'] : []),
      ...(noted ? ['note'] : []),
    ],
    ...metrics.map((metric) => [
      ...[metricName(metric), metric.verdict, valueText(metric, metric.base)],
      ...(baseHasInterval ? [baseInterval(metric) ?? NONE] : []),
      ...[valueText(metric, metric.head), changeOf(metric)],
      ...(paired ? [intervalText(metric)] : []),
      ...(drawn ? [inputsInterval(metric)] : []),
      metric.margin === null ? NONE : `±${threeDigits(100 * metric.margin)} %`,
      ...(paired ? [metric.p === null ? NONE : pText(metric.p)] : []),
      ...(noted ? [metric.note ?? ''] : []),
    ]),
  ]
}

/** The figures of a head that has no base; none where there is a base. */
export function figureCells({ figures = [], interval }: GateCase): string[][] {
  if (figures.length === 0) return []
  const rows = figures.map((figure) => [
    ...[metricName(figure), valueText(figure, figure.value)],
    figureInterval(figure) ?? NONE,
  ])
  const at = interval === undefined ? '' : ' at the stated inputs'
  return [['figure', 'head', `95 % of head${at}`], ...rows]
}

export const metricName = ({ class: of, name }: Pick<GateMetric, 'class' | 'name'>) =>
  of === null ? name : `${of}: ${name}`

/** "[8.60 ms, 8.76 ms]"; null where a figure has no interval. */
function figureInterval({ low, high, unit }: GateFigure): string | null {
  if (low === undefined || high === undefined) return null
  return `[${valueText({ unit }, low)}, ${valueText({ unit }, high)}]`
}

/** "web: p50: 8.68 ms [8.60 ms, 8.76 ms]", a line for each figure of a head without a base. */
export function figureLines({ figures = [], interval: inputs }: GateCase): string[] {
  const at = inputs === undefined ? '' : ' at the stated inputs'
  return figures.map((figure) => {
    const interval = figureInterval(figure)
    const text = `${metricName(figure)}: ${valueText(figure, figure.value)}`
    return interval === null ? text : `${text} ${interval}${at}`
  })
}

/** "[8.60 ms, 8.76 ms]": the interval of the base's figure; null where it has none. */
function baseInterval({ base_low: low, base_high: high, unit }: GateMetric): string | null {
  if (low === undefined || high === undefined) return null
  return `[${valueText({ unit }, low)}, ${valueText({ unit }, high)}]`
}

/** "base of web: p50: 8.68 ms [8.60 ms, 8.76 ms]", a line for each metric with an interval. */
export function baseLines({ metrics }: GateCase): string[] {
  return metrics.flatMap((metric) => {
    const interval = baseInterval(metric)
    return interval === null
      ? []
      : [`base of ${metricName(metric)}: ${valueText(metric, metric.base)} ${interval}`]
  })
}

/** A share to four digits: 99.98 % and 99.93 % differ by a lot. */
function valueText({ unit }: Pick<GateMetric, 'unit'>, value: number | null): string {
  if (value === null) return NONE
  // figures are exact, or have their interval beside them
  if (unit === 'ms') return time(value, value / 1000)
  if (unit === 'mib') return exactSize(value)
  if (unit === 'usd') return `$${threeDigits(value)}`
  return unit === 'share' ? `${declared(Number((100 * value).toPrecision(4)))} %` : fixed(value, 3)
}

/** Of a share in points: from none to a few it has no ratio. */
export function changeOf({ ratio, unit, base, head }: GateMetric): string {
  if (unit === 'share' && base !== null && head !== null && head !== base) {
    const points = threeDigits(100 * Math.abs(head - base))
    return `${head > base ? '+' : '−'}${points} points`
  }
  return ratio === null ? NONE : ratio === 1 ? 'none' : signedPercent(ratio - 1)
}

export function intervalText({ low, high }: GateMetric): string {
  const ends = [low, high].map((end) => (end === null ? NONE : signedPercent(end - 1)))
  return `[${ends.join(', ')}]`
}

/** "[−2.0 %, +14 %]": the change with all that is not known of the inputs. */
export function inputsInterval({ with_inputs: wide, unit }: GateMetric): string {
  if (wide === undefined) return NONE
  const [low, high] = [wide.low, wide.high].map((end) => {
    if (end === null) return wide.p_worse === null ? NONE : '∞'
    return unit === 'share' ? signedPoints(end) : signedPercent(end - 1)
  })
  return `[${low}, ${high}]`
}

const pText = (p: number) => (p < 0.001 ? '<0.001' : fixed(p, 3))

const SUBJECTS: Readonly<Record<Gate['gate'], string>> = {
  prediction: 'Prediction gate',
  measured: 'Measured gate',
  fidelity: 'Fidelity gate',
}

/** The name of a scenario, with its file where another one of the gate has the same name. */
export function caseName({ cases }: Gate, { name, file }: GateCase): string {
  const alike = cases.filter((gateCase) => gateCase.name === name)
  return alike.length > 1 ? `${name} (${file})` : name
}

/** "Prediction gate: payment-peak against gate.json". */
export function caseTitle(gate: Gate, gateCase: GateCase): string {
  const name = caseName(gate, gateCase)
  return gate.gate === 'fidelity'
    ? `${SUBJECTS[gate.gate]}: ${name}, ${gateCase.base}`
    : `${SUBJECTS[gate.gate]}: ${name} against ${gateCase.base}`
}

/** What differs between base and head, a line each; none where they are not compared. */
export function changeLines({ changes, verdict, figures }: GateCase, gate: Gate['gate']): string[] {
  const compared = gate !== 'fidelity' && figures === undefined
  if (!compared || verdict === 'NOT COMPARABLE') return []
  const { scenario, profile, engine } = changes
  const lines = [
    ...(scenario ?? ['the scenario has changed; its keys cannot be compared']),
    ...(profile === null ? [] : [`profile: ${profile}`]),
    ...(engine === null ? [] : [`engine: Spillway ${engine}`]),
  ]
  return lines.length === 0 ? ['no change of scenario, profile or engine'] : lines
}

/** Limit of uncertain inputs that are named. */
const MOST_INPUTS = 6

/** What is not known of the inputs, in a line; none where all are known. */
export function inputLines({ uncertain }: GateCase): string[] {
  if (uncertain === undefined) return []
  const { inputs, draws, settled } = uncertain
  const named = inputs.slice(0, MOST_INPUTS).map(({ name, low, high, side }) => {
    const of = side === 'both' ? '' : ` in the ${side}`
    return `${name} ${threeDigits(low)} to ${threeDigits(high)}${of}`
  })
  const more = inputs.length > MOST_INPUTS ? `, ${inputs.length - MOST_INPUTS} more` : ''
  const open = settled ? '' : '; further draws may still move ends of intervals'
  return [`uncertain inputs: ${named.join(', ')}${more}; ${plural(draws, 'draw')}${open}`]
}

/** How a measured gate went, a line each. */
export function measuredLines({ measured }: GateCase): string[] {
  if (measured === null) return []
  const { blocks, looks, utilisation, control, not_counted, minutes, rate_factor } = measured
  const fresh = blocks.filter((block) => block.fresh).length
  const judged = `${plural(blocks.length - fresh, 'block')} of ${measured.block_slices} slices of ${threeDigits(measured.slice_ms / 1000)} s a side`
  return [
    `${judged}, judged after ${looks.join(', ') || 'none'}${fresh > 0 ? `; confirmed on ${fresh} fresh ones` : ''}; ${fixed(minutes, 1)} minutes`,
    `busy: base ${percent(utilisation.base)}, head ${percent(utilisation.head)} of the time, at ${threeDigits(rate_factor)} times the traffic`,
    ...(control === null
      ? []
      : [`control kernel: head ${signedPercent(control - 1)} against base; at most ±2 %`]),
    ...serviceLines(measured),
    ...not_counted.map((reason) => `does not count: ${reason}`),
  ]
}

/** What service times are of, and how much other programs held the gate up. */
function serviceLines({ blocks, stalls }: NonNullable<GateCase['measured']>): string[] {
  const clocks = new Set(blocks.flatMap(({ pools }) => pools.map(({ clock }) => clock ?? 'wall')))
  const lines = clocks.size === 0 ? [] : [`service times: ${[...clocks].join(' and ')} time`]
  if (stalls === undefined) return lines
  const { base, head, most, slices, left_out } = stalls
  const stalled = `stalls of the dispatcher: base ${percent(base)}, head ${percent(head)} of the time`
  const left = `${left_out} of ${slices} slices left out, with more than ${percent(most)} in stalls`
  return [...lines, `${stalled}; ${left}`]
}

/** Measured percentiles over all blocks; none in a gate that measures nothing. */
export function rawCells({ measured }: GateCase): string[][] {
  if (measured === null || measured.raw.length === 0) return []
  return [
    ['measured', 'base', 'head', 'change', '95 % interval'],
    ...measured.raw.map(({ p, base, head, ratio: { value, low, high } }) => [
      `p${declared(100 * p)}`,
      time(base, base / 100),
      time(head, head / 100),
      signedPercent(value! - 1),
      low === null || high === null
        ? NONE
        : `[${signedPercent(low - 1)}, ${signedPercent(high - 1)}]`,
    ]),
  ]
}

/** Median causes over all blocks. */
export function causeCells({ measured }: GateCase): string[][] {
  if (measured === null || measured.blocks.length === 0) return []
  const middle = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[values.length >> 1]!
  const pools = measured.blocks[0]!.pools.map(({ pool }) => pool)
  const signedTime = (ms: number) => `${ms < 0 ? '−' : '+'}${time(Math.abs(ms))}`
  return [
    ['cause', 'service time', 'after idle', 'dispatch', 'completion'],
    ...pools.map((pool, i) => {
      const perBlock = measured.blocks.map(({ pools }) => pools[i]!)
      const of = (key: 'service' | 'wake_ms' | 'dispatch_ms' | 'completion_ms') =>
        middle(perBlock.map((causes) => causes[key]))
      return [
        pool,
        signedPercent(of('service') - 1),
        ...(['wake_ms', 'dispatch_ms', 'completion_ms'] as const).map((key) => signedTime(of(key))),
      ]
    }),
  ]
}

export const MEASURED_NOTE =
  'p50, p95 and p99 are derived: the causes of each block, carried through the simulator. Measured percentiles are evidence only.'
