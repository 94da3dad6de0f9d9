import { prepare } from '../../../runtime/jobs/prepare.ts'
import { hourlyCost } from '../../../sim/experiment/index.ts'
import {
  geometricMean,
  type Interval,
  PERCENTILES,
  tInterval,
  within,
} from '../../../sim/stats/index.ts'
import { fileOf, runOf, TRACES } from '../azure.ts'

/** The shipped scenario, with the arrivals and lengths of both traces instead of its own. */
export const PLACEMENT_SCENARIO = 'edge-or-centre'
/** Of the recorded rate. At 1.2, the rate of the scenario, bursts overload every placement. */
export const SPEED = 0.6
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

export interface PlacementRow extends Placement {
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

interface Played {
  readonly usdPerHour: number
  readonly good: number
  readonly ttftP95: readonly number[]
  readonly latencyP99: number
}

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

async function played(placement: Placement, part: number): Promise<Played> {
  const set = placementOverrides(placement, part)
  const prepared = await prepare(PLACEMENT_SCENARIO, { set })
  const { classes, all } = runOf(prepared)
  const sum = (figure: (of: (typeof classes)[number]) => number) =>
    classes.reduce((total, own) => total + figure(own), 0)
  return {
    usdPerHour: hourlyCost(prepared.scenario.pools)!,
    good: sum(({ good }) => good) / sum(({ counts }) => counts.arrived),
    ttftP95: classes.map(({ tokens }) => at(tokens!.ttft.percentiles, 0.95)),
    latencyP99: at(all.percentiles, 0.99),
  }
}
