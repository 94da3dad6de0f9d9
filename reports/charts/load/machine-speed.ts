import { mean as meanOf } from 'simple-statistics'
import type { TopLevelSpec } from 'vega-lite'
import { fixed, runsText } from '../../format.ts'
import type { Sides } from '../frame.ts'
import { LIGHT } from '../theme.ts'
import { timeChart } from './over-time.ts'

/** Speed of the machine over time; 1 is as calibrated. The measured line is the mean of replays. */
export function machineSpeed(sides: Sides, width: number): TopLevelSpec | null {
  const title = finding(sides)
  if (title === null) return null
  const [{ result }] = sides
  const how = sides.map((side) => `${side.name}: mean of ${runsText(side.result)}`)
  return timeChart({
    title,
    subtitle: [result.scenario.name, ...how].join(' · '),
    width,
    bucketS: result.series.bucket_s,
    yTitle: 'speed (1: as calibrated)',
    cover: [0.9, 1.1],
    lines: sides.map(({ name, color, result }) => ({ name, color, values: result.series.speed })),
    level: { y: 1, name: 'calibrated', color: LIGHT.muted },
  })
}

/** null if no side recorded a speed */
function finding(sides: Sides): string | null {
  const ranges = sides.flatMap(({ name, result }) => {
    const speeds = result.series.speed.filter((speed) => speed !== null)
    if (speeds.length === 0) return []
    return [{ name, mean: meanOf(speeds), low: Math.min(...speeds), high: Math.max(...speeds) }]
  })
  const main = ranges.at(-1)
  if (!main) return null
  const { mean, low, high } = main
  const machine = main.name === 'measured' ? 'The machine' : 'The simulated machine'
  const between = `between ${fixed(low, 2)} and ${fixed(high, 2)}`
  if (Math.abs(mean - 1) < 0.02 && high - low < 0.1) {
    return `${machine} ran as calibrated: speed ${between}`
  }
  return `${machine} ran at ${fixed(mean, 2)} of its calibrated speed, ${between}`
}
