import { type HeadroomChart, headroomChart } from '../../reports/charts/latency/headroom.ts'
import { count, fixed } from '../../reports/format.ts'
import { type Interval, meanWithError, within } from '../../sim/stats/index.ts'
import { whole } from '../claims/figures/parts.ts'
import { markdownTable } from '../markdown-table.ts'
import type { Section } from '../study.ts'
import { type OnTrace, onTrace, prepareTrace, rowsOf, TRACES, type Trace } from './azure.ts'

/** The latency objective: limit in ms at this percentile. */
const OBJECTIVE = { p: 0.99, limitMs: 2000 } as const
/** Parts of the trace; each is a replication at its own mean load. */
export const WINDOWS = 4
/** Length of each part in s; together they are as many whole seconds as both traces have. */
const WINDOW_S = 858
/** How closely headroom is found. */
interface Precision {
  /** of the curve */
  readonly loads: readonly number[]
  /** of the bisection; 12 find a load to 0.0003 */
  readonly steps: number
}

const WHOLE: Precision = { loads: Array.from({ length: 19 }, (_, i) => (i + 1) / 20), steps: 12 }

interface Headroom {
  readonly trace: Trace
  readonly requests: number
  /** 1 − the highest load that meets the objective; a jackknife interval over windows */
  readonly headroom: Interval
  readonly curve: readonly { readonly load: number; readonly ms: number }[]
}

export async function headrooms(precision = WHOLE): Promise<Headroom[]> {
  const studied: Headroom[] = []
  for (const trace of TRACES) studied.push(await headroomOf(trace, precision))
  return studied
}

async function headroomOf(trace: Trace, { loads, steps }: Precision): Promise<Headroom> {
  const latencies = new Map<string, Float64Array>()
  /** Latencies of a window at a load, ms. */
  const window = async (number: number, load: number) => {
    const key = `${number} ${load}`
    const windowLatencies = latencies.get(key) ?? (await simulated(trace, number, load))
    latencies.set(key, windowLatencies)
    return windowLatencies
  }
  const all = Array.from({ length: WINDOWS }, (_, i) => i)
  /** The percentile over all requests of these windows. */
  const tail = async (windows: readonly number[], load: number) => {
    const parts = await Promise.all(windows.map((number) => window(number, load)))
    const pooled = Float64Array.from(parts.flatMap((part) => [...part])).sort()
    return { ms: pooled[Math.ceil(OBJECTIVE.p * pooled.length) - 1]!, n: pooled.length }
  }
  const highest = async (windows: readonly number[]) => {
    let [low, high] = [0, 1]
    for (let step = 0; step < steps; step++) {
      const load = (low + high) / 2
      if ((await tail(windows, load)).ms < OBJECTIVE.limitMs) low = load
      else high = load
    }
    return low
  }
  const whole = 1 - (await highest(all))
  const without: number[] = []
  for (const left of all) without.push(1 - (await highest(all.filter((i) => i !== left))))
  // the jackknife's pseudo-values are nearly independent (Tukey 1958)
  const pseudo = without.map((value) => WINDOWS * whole - (WINDOWS - 1) * value)
  const { halfWidth } = meanWithError(pseudo)
  const curve: { load: number; ms: number }[] = []
  for (const load of loads) curve.push({ load, ms: (await tail(all, load)).ms })
  return {
    trace,
    requests: (await tail(all, loads[0]!)).n,
    headroom: within({ value: whole, low: whole - halfWidth, high: whole + halfWidth }, 1),
    curve,
  }
}

/** A part of a trace at a load. */
export function windowOf(trace: Trace, number: number, load: number): OnTrace {
  const arrivals = `traffic.${trace}.arrivals`
  return onTrace(`azure-headroom-${trace}`, trace, {
    [`${arrivals}.load`]: load,
    [`${arrivals}.window`]: `{ from_s: ${number * WINDOW_S}, to_s: ${(number + 1) * WINDOW_S} }`,
    // long enough for all requests, however far times are stretched
    duration_s: 1e7,
  })
}

async function simulated(trace: Trace, number: number, load: number): Promise<Float64Array> {
  const prepared = await prepareTrace(windowOf(trace, number, load))
  const { at, done } = rowsOf(prepared).columns
  return at.map((from, i) => done[i]! - from)
}

const IMAGE = 'articles-headroom.png'
const share = (value: number | null) => (value === null ? '–' : whole(value))

export function headroomSection(studied: readonly Headroom[]): Section {
  const rows = studied.map(({ trace, requests, headroom: { value, low, high } }) => [
    `Azure ${trace}`,
    count(requests),
    `${share(value)} [${share(low)}, ${share(high)}]`,
    `${fixed(1 / (1 - value), 1)} times the mean rate`,
  ])
  const text = `## Idle headroom: Azure code against Azure conversations

How much of a pool must be idle so that p99 stays below ${OBJECTIVE.limitMs / 1000} s? Four replicas, 0.4 s for every request, so that only the arrivals differ:
the code trace has an index of dispersion of 13 at 1 s, conversations 1.4. The load is set by stretching the trace in time. A
bisection over load finds the highest load at which p99 over all requests meets that limit. ${WINDOWS} windows of ${WINDOW_S} s are the replications, each at the same
mean load, so changes over the hour do not count. Interval: 95 %, jackknife over windows. 88 requests of the code trace are
beyond p99.

![p99 by load of both traces](../images/${IMAGE})

${markdownTable(['traffic', 'requests', 'idle headroom', 'capacity needed'], rows)}

Three quarters of all seconds of the code trace are empty, and 1 % of them have 11 times the mean or more. Over 10 s its counts are more dispersed
still (72), so a queue of 2 s hardly helps, and a pool for the bursts is nearly always idle. Scenarios: \`azure-headroom-code.yaml\` and
\`azure-headroom-conv.yaml\`, at load 0.5.`
  return { text, images: [[IMAGE, headroomChart(chartOf(studied))]], missed: [] }
}

function chartOf(studied: readonly Headroom[]): HeadroomChart {
  const curves = studied.map(({ trace, curve, headroom: { value } }) => ({
    name: trace,
    points: curve,
    headroom: value,
  }))
  return {
    percentile: 'p99',
    limitMs: OBJECTIVE.limitMs,
    subtitle: [
      'Azure LLM traces of 2023, code and conversations',
      'four replicas, 0.4 s a request',
      `simulated, p99 over ${WINDOWS} windows of ${WINDOW_S} s at equal mean load`,
      'dot: where the objective is met',
    ].join(' · '),
    curves: curves.sort((a, b) => a.headroom - b.headroom),
  }
}
