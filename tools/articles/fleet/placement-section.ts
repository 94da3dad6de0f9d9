import type { PlacementChart } from '../../../reports/charts/load/placement.ts'
import { count } from '../../../reports/format.ts'
import type { Interval } from '../../../sim/stats/index.ts'
import { markdownTable } from '../../markdown-table.ts'
import { TRACES } from '../azure.ts'
import { PARTS, type PlacementRow, SPEED } from './placement-study.ts'

export const PLACEMENT_IMAGE = 'fleet-placement.png'

const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const seconds = (ms: number) => `${(ms / 1000).toPrecision(2)}`

function interval({ value, low, high }: Interval, text: (value: number) => string): string {
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

export function placementSection(rows: readonly PlacementRow[]): string {
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
    interval(row.good, percent),
    ...row.ttftP95.map((ttft) => interval(ttft, seconds)),
    interval(row.latencyP99, seconds),
  ])
  const priced = (row: PlacementRow) =>
    `${sizeOf(row)} (${row.usdPerHour.toFixed(2)} USD an hour): ${percent(row.good.value)} in time`
  const found = [
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

${found}

The more cards the edge has, the higher its best threshold: beyond it the edge is overloaded, and below it the centre. Code arrives in bursts of long prompts, for which the centre
needs its second card. [The guide to places](../guides/places.md), where arrivals are Poisson, has more requests in time at twice this rate, and the edge is the cheaper choice there:
what decides between edge and centre is the burstiness.

![Requests in time by threshold](../images/${PLACEMENT_IMAGE})

${markdownTable(heads, table)}

Means over ${PARTS} parts of the traces of 330 s each, with 95 % intervals over these parts (of percentiles geometric means). Parts differ much, as bursts of code fall into
some of them. Efficiencies and network latencies are assumed.`
}

export function placementChartOf(rows: readonly PlacementRow[]): PlacementChart {
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
      const own = rows.filter((row) => row.edge === edge)
      return {
        name: named(own[0]!),
        points: own.map((row) => ({ threshold: row.threshold!, ...shareOf(row) })),
      }
    }),
    centres: centres(rows).map((row) => ({ name: named(row), ...shareOf(row) })),
  }
}
