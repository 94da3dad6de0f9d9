import type { Feeds } from '../feeds.ts'
import type { InferenceSession } from '../onnx-runtime.ts'
import type { CalibrationInput, ProcessorTimes } from './quantised-file.ts'

/** Inputs that are timed; the first ones only warm up. */
const TIMED = 24
const WARM_UP = 4

/**
 * Processor time of a request alone in each of two models, which take turns. Other programs of the
 * machine disturb it much less than the time on the clock.
 */
export async function processorTimes(
  sessions: readonly [from: InferenceSession, to: InferenceSession],
  feeds: Feeds,
  inputs: readonly CalibrationInput[],
): Promise<ProcessorTimes> {
  const times = sessions.map((): number[] => [])
  for (let i = 0; i < WARM_UP + TIMED; i++) {
    const { key, length } = inputs[i % inputs.length]!
    const batch = feeds.build(1, length, Int32Array.of(length), Uint32Array.of(key))
    for (const [side, session] of sessions.entries()) {
      const before = process.cpuUsage()
      await session.run(batch)
      const { user, system } = process.cpuUsage(before)
      if (i >= WARM_UP) times[side]!.push((user + system) / 1000)
    }
  }
  const [from, to] = times.map((side) => side.sort((a, b) => a - b)[side.length >> 1]!)
  return { from: from!, to: to! }
}
