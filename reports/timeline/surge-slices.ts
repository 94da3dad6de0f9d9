import { arrivalParts } from '../../scenarios/index.ts'
import { type Surge, surgeKnots, surgesOf } from '../../sim/traffic/index.ts'
import { overlaps, type TimelineParts } from './batch-slices.ts'
import { microseconds, nanoseconds, type Slice } from './trace-event.ts'
import type { Track } from './tracks.ts'

/** A track with the end of its last slice. */
interface Lane {
  readonly track: Track
  endMs: number
}

/**
 * A slice for each surge of a class, from the start of its rise to the end of its decay. Surges of
 * one class that overlap lie on several tracks.
 */
export function surgeSlices({ scenario, tracks, span, ts }: TimelineParts): Slice[] {
  return scenario.traffic.flatMap(({ class: name, arrivals }) => {
    const surges = arrivalParts(arrivals)
      .flatMap((part) => ('surges' in part ? part.surges : []))
      .flatMap((surge) => surgesOf(surge, scenario.duration_s * 1000))
      .filter((surge) => overlaps(span, surge.atMs, endOf(surge)))
      .sort((a, b) => a.atMs - b.atMs)
    const lanes: Lane[] = []
    return surges.map((surge): Slice => {
      const { atMs, factor, riseMs, holdMs } = surge
      let lane = lanes.find(({ endMs }) => endMs <= atMs)
      if (lane === undefined) {
        const label = `surges of ${name}${lanes.length === 0 ? '' : `, ${lanes.length + 1}`}`
        lane = { track: tracks.thread(tracks.traffic, label), endMs: 0 }
        lanes.push(lane)
      }
      lane.endMs = endOf(surge)
      const ns = nanoseconds(atMs)
      return {
        ph: 'X',
        cat: 'surge',
        name: `${factor} times the rate`,
        ...lane.track,
        ts: ts(ns),
        dur: microseconds(nanoseconds(lane.endMs) - ns),
        args: { class: name, factor, rise_ms: riseMs, hold_ms: holdMs },
      }
    })
  })
}

const endOf = (surge: Surge) => surgeKnots(surge).at(-1)!
