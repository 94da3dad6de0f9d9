import type { TopLevelSpec } from 'vega-lite'
import { fixed, plural } from '../../format.ts'
import { type ReportInput, scenarioName, WIDE, type World, worlds } from '../frame.ts'
import { LIGHT } from '../theme.ts'
import { type Line, timeChart } from './over-time.ts'

/** Speed of the machine over time; 1 is as calibrated. The measured line is the mean of replays. */
export function machineSpeed(input: ReportInput, width = WIDE): TopLevelSpec {
  const present = worlds(input)
  const lines = present.map(
    ({ name, color, result }): Line => ({ name, color, values: result.series.speed }),
  )
  const how = present.map(
    ({ name, result }) =>
      `${name}: mean of ${plural(result.runs, name === 'measured' ? 'replay' : 'replication')}`,
  )
  return timeChart({
    title: finding(present),
    subtitle: [scenarioName(input), ...how].join(' · '),
    width,
    bucketS: present[0]?.result.series.bucket_s ?? 1,
    yTitle: 'speed (1: as calibrated)',
    cover: [0.9, 1.1],
    lines,
    level: { y: 1, name: 'calibrated', color: LIGHT.muted },
  })
}

function finding(present: readonly World[]): string {
  const told = present.flatMap(({ name, result }) => {
    const speeds = result.series.speed.filter((speed) => speed !== null)
    if (speeds.length === 0) return []
    const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length
    return [{ name, mean, low: Math.min(...speeds), high: Math.max(...speeds) }]
  })
  const main = told.at(-1)
  if (!main) return 'The speed of the machine was not recorded'
  const { mean, low, high } = main
  const machine = main.name === 'measured' ? 'The machine' : 'The simulated machine'
  const between = `between ${fixed(low, 2)} and ${fixed(high, 2)}`
  if (Math.abs(mean - 1) < 0.02 && high - low < 0.1) {
    return `${machine} ran as calibrated: speed ${between}`
  }
  return `${machine} ran at ${fixed(mean, 2)} of its calibrated speed, ${between}`
}
