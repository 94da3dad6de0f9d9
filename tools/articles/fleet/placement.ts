import { type PlacementChart, placementChart } from '../../../reports/charts/load/placement.ts'
import { count } from '../../../reports/format.ts'
import { prepare } from '../../../runtime/jobs/prepare.ts'
import { hourlyCost } from '../../../sim/experiment/index.ts'
import {
  geometricMean,
  type Interval,
  PERCENTILES,
  tInterval,
  within,
} from '../../../sim/stats/index.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { Section } from '../../study.ts'
import { fileOf, runOf, TRACES } from '../azure.ts'

/** The shipped scenario, with the arrivals and lengths of both traces instead of its own. */
export const PLACEMENT_SCENARIO = 'edge-or-centre'
/** Of the recorded rate. At 1.2, the rate of the scenario, bursts overload every placement. */
const SPEED = 0.6
/** Parts of the traces; each is a replication. */
export const PARTS = 10
/** Length of each part, and of what comes before it and does not count, recorded s. */
const PART_S = 330
const WARMUP_S = 60

export interface Placement {
  readonly name: string
  /** prompts from this length on go to the centre; null for all */
  readonly threshold: number | null
  readonly edge: number
  readonly central: number
}

interface PlacementRow extends Placement {
  readonly usdPerHour: number
  /** share of the requests that meet the limits of the scenario */
  readonly good: Interval
  /** of code and conversations, ms */
  readonly ttftP95: readonly Interval[]
  /** of all requests, ms */
  readonly latencyP99: Interval
}

const THRESHOLDS = [512, 1000, 1200, 1500, 2000, 3000]

export const PLACEMENTS: readonly Placement[] = [
  ...[1, 2].map((central) => ({
    name: `centre, ${central} H100`,
    threshold: null,
    edge: 0,
    central,
  })),
  ...[2, 3, 4].flatMap((edge) =>
    THRESHOLDS.map((threshold) => ({
      name: `edge below ${threshold}, ${edge} L4 and 1 H100`,
      threshold,
      edge,
      central: 1,
    })),
  ),
]

/** Placements on the same parts of the traces, from the first on. */
export async function placementStudy(
  placements: readonly Placement[],
  count: number,
): Promise<PlacementRow[]> {
  const rows: PlacementRow[] = []
  for (const placement of placements) {
    const parts: Played[] = []
    for (let part = 0; part < count; part++) parts.push(await played(placement, part))
    const percentile = (figure: (one: Played) => number) => geometricMean(parts.map(figure))
    rows.push({
      ...placement,
      usdPerHour: parts[0]!.usdPerHour,
      good: within(tInterval(parts.map(({ good }) => good)), 1),
      ttftP95: TRACES.map((_, i) => percentile(({ ttftP95 }) => ttftP95[i]!)),
      latencyP99: percentile(({ latencyP99 }) => latencyP99),
    })
    process.stderr.write(`placement: ${placement.name}\n`)
  }
  return rows
}

type Played = Awaited<ReturnType<typeof played>>

const at = (percentiles: readonly number[], p: (typeof PERCENTILES)[number]) =>
  percentiles[PERCENTILES.indexOf(p)]!

/** The overrides of a placement on a part of the traces. */
export function placementOverrides(
  { threshold, edge, central }: Placement,
  part: number,
): string[] {
  const window = `{ from_s: ${part * PART_S}, to_s: ${(part + 1) * PART_S + WARMUP_S} }`
  const rest = `time_scale: ${1 / SPEED}, format: azure-llm, window: ${window}`
  return [
    ...TRACES.flatMap((trace) => [
      `traffic.${trace}.arrivals={ process: trace, file: "${fileOf(trace)}", ${rest} }`,
      ...['input', 'output'].map(
        (side) => `traffic.${trace}.${side}_tokens={ distribution: trace }`,
      ),
    ]),
    `warmup_s=${WARMUP_S / SPEED}`,
    `duration_s=${(PART_S + WARMUP_S) / SPEED}`,
    // a pool that is not used has one replica, without a price
    `router.threshold_tokens=${threshold ?? 1}`,
    `pools.edge.replicas=${Math.max(1, edge)}`,
    ...(edge === 0 ? ['pools.edge.price_usd_per_hour=0'] : []),
    `pools.central.replicas=${central}`,
  ]
}

async function played(placement: Placement, part: number) {
  const set = placementOverrides(placement, part)
  const prepared = await prepare(PLACEMENT_SCENARIO, { set })
  const { classes, all } = runOf(prepared)
  const sum = (figure: (of: (typeof classes)[number]) => number) =>
    classes.reduce((total, ofClass) => total + figure(ofClass), 0)
  return {
    usdPerHour: hourlyCost(prepared.scenario.pools)!,
    good: sum(({ good }) => good) / sum(({ counts }) => counts.arrived),
    ttftP95: classes.map(({ tokens }) => at(tokens!.ttft.percentiles, 0.95)),
    latencyP99: at(all.percentiles, 0.99),
  }
}

const IMAGE = 'fleet-placement.png'

const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const seconds = (ms: number) => `${(ms / 1000).toPrecision(2)}`

/** "3.1 [2.9, 3.3]". */
export function intervalText(
  { value, low, high }: Interval,
  text: (value: number) => string,
): string {
  return low === null || high === null
    ? text(value)
    : `${text(value)} [${text(low)}, ${text(high)}]`
}

const sizeOf = ({ edge, central }: PlacementRow) =>
  edge === 0 ? `${central} H100` : `${edge} L4 + ${central} H100`

const best = (rows: readonly PlacementRow[]) =>
  rows.reduce((most, row) => (row.good.value > most.good.value ? row : most))

/** Of each size of the edge, the threshold with the most requests in time. */
function sweetSpots(rows: readonly PlacementRow[]): PlacementRow[] {
  const sizes = [...new Set(rows.flatMap(({ edge }) => (edge > 0 ? [edge] : [])))]
  return sizes.map((size) => best(rows.filter(({ edge }) => edge === size)))
}

const centres = (rows: readonly PlacementRow[]) => rows.filter(({ edge }) => edge === 0)

export const placementSection = (rows: readonly PlacementRow[]): Section => ({
  text: placementText(rows),
  images: [[IMAGE, placementChart(placementChartOf(rows))]],
  missed: [],
})

export function placementText(rows: readonly PlacementRow[]): string {
  const spots = sweetSpots(rows)
  const heads = [
    ...['cards', 'edge up to', 'USD an hour', 'in time'],
    ...TRACES.map((trace) => `p95 TTFT, ${trace}, s`),
    'p99 latency, s',
  ]
  const table = rows.map((row) => [
    sizeOf(row),
    row.threshold === null ? '–' : `${count(row.threshold)}${spots.includes(row) ? ' (best)' : ''}`,
    row.usdPerHour.toFixed(2),
    intervalText(row.good, percent),
    ...row.ttftP95.map((ttft) => intervalText(ttft, seconds)),
    intervalText(row.latencyP99, seconds),
  ])
  const priced = (row: PlacementRow) =>
    `${sizeOf(row)} (${row.usdPerHour.toFixed(2)} USD an hour): ${percent(row.good.value)} in time`
  const findings = [
    ...centres(rows).map((row) => `- ${priced(row)}, everything in the centre`),
    ...spots.map(
      (row) => `- ${priced(row)}, prompts of up to ${count(row.threshold!)} tokens at the edge`,
    ),
  ].join('\n')
  return `## Edge or centre, on the recorded requests

Is it better to serve short prompts on small cards near their clients than everything on large cards in a centre? The scenario is \`edge-or-centre\` of the library with the
arrivals and the lengths of the Azure code and conversation traces, at ${SPEED} times their rate: L4 cards at the site, H100 cards 40 ms away. A request is in time if its TTFT is
below 1 s, and for conversations its time per output token below 100 ms.

Each with its best threshold:

${findings}

The more cards the edge has, the higher its best threshold: beyond it the edge is overloaded, and below it the centre. Code arrives in bursts of long prompts, for which the centre
needs its second card. [The guide to places](../guides/places.md), where arrivals are Poisson, has more requests in time at twice this rate, and the edge is the cheaper choice there:
what decides between edge and centre is the burstiness.

![Requests in time by threshold](../images/${IMAGE})

${markdownTable(heads, table)}

Means over ${PARTS} parts of the traces of 330 s each, with 95 % intervals over these parts (of percentiles geometric means). Parts differ much, as bursts of code fall into
some of them. Efficiencies and network latencies are assumed.`
}

function placementChartOf(rows: readonly PlacementRow[]): PlacementChart {
  const shareOf = ({ good: { value, low, high } }: PlacementRow) => ({
    good: value,
    low: low ?? value,
    high: Math.min(1, high ?? value),
  })
  const named = (row: PlacementRow) => `${sizeOf(row)}, ${row.usdPerHour.toFixed(2)} USD an hour`
  const spots = sweetSpots(rows)
  const [centre, spot] = [best(centres(rows)), best(spots)]
  return {
    title:
      centre.good.value > spot.good.value
        ? `No split has more requests in time than the centre alone: ${percent(centre.good.value)}`
        : `A split at ${spot.threshold} tokens has the most requests in time: ${percent(spot.good.value)}`,
    subtitle: [
      `Azure code and conversations at ${SPEED} times the recorded rate`,
      `simulated, ${PARTS} parts`,
      'interval: 95 %',
      'dashed: everything in the centre',
    ].join(' · '),
    edges: spots.map(({ edge }) => {
      const ofEdge = rows.filter((row) => row.edge === edge)
      return {
        name: named(ofEdge[0]!),
        points: ofEdge.map((row) => ({ threshold: row.threshold!, ...shareOf(row) })),
      }
    }),
    centres: centres(rows).map((row) => ({ name: named(row), ...shareOf(row) })),
  }
}
