import { batchesOf } from '../../sim/experiment/comparison/observed-run.ts'
import type { ExecutorWork } from '../../sim/experiment/comparison/structure.ts'
import { fieldOf, type ObservedRun, type RunParts } from '../../sim/experiment/index.ts'
import { type Ms, type ServingPlan, topologyOf } from '../../sim/serving/index.ts'
import {
  AlikeSpeed,
  IDEAL_MACHINE,
  type Intervals,
  type Machine,
  type MachineField,
  machineOf,
  NO_WAKE,
} from '../../sim/world/index.ts'
import type { Steps } from '../../sim/world/machine/speed.ts'
import { joinIntervals } from '../../sim/world/machine/stalls.ts'
import type { Mutant } from './mutant.ts'

const SHIFT_MS = 10_000

/** Faults in the use of a recorded machine. They need a recording: a replay. */
export const MACHINE_MUTANTS: readonly Mutant[] = [
  {
    name: 'field shifted',
    fault: 'the machine is as it was 10 s earlier in the run, and at its start as at its end',
    needs: 'observed',
    change: (parts, { observed, work }) => ({
      ...parts,
      machine: recordedMachine(observed!, work, parts.plan, SHIFT_MS),
    }),
  },
  {
    name: "another replay's field",
    fault: 'the machine is as it was in another replay of the same requests',
    needs: 'others',
    change: (parts, { others, work }) => ({
      ...parts,
      machine: recordedMachine(others[0]!, work, parts.plan, 0),
    }),
  },
  {
    name: 'resampled one by one',
    fault: 'each batch takes the time of any observed batch of its size; there are no slow spells',
    needs: 'observed',
    change: (parts, { observed }) =>
      withTimes(parts, observed!, (times) => {
        const sizes = [...times.keys()].sort((a, b) => a - b)
        return (size, _length, random) => {
          const nearest = sizes.reduce((a, b) => (Math.abs(b - size) < Math.abs(a - size) ? b : a))
          const sample = times.get(nearest)!
          return sample[random.integer(sample.length)]!
        }
      }),
  },
  {
    name: 'times by batch index',
    fault: 'the i-th batch of an executor takes as long as the i-th observed one did',
    needs: 'observed',
    change: (parts, { observed }) =>
      withTimes(parts, observed!, (_times, inOrder) => {
        let next = 0
        return () => inOrder[next++ % inOrder.length]!
      }),
  },
]

/**
 * Batches take the observed times of `timesOf`, by size and in order; these include speed and
 * wake-up.
 */
function withTimes(
  parts: RunParts,
  { rows }: ObservedRun,
  timesOf: (
    bySize: ReadonlyMap<number, readonly Ms[]>,
    inOrder: readonly Ms[],
  ) => RunParts['hardware'][number]['work']['of'],
): RunParts {
  const batches = batchesOf({ rows })
  const hardware = parts.hardware.map((replica, executor) => {
    const mine = batches.filter((batch) => batch.executor === executor)
    const drawn = mine.length > 0 ? mine : batches
    const bySize = new Map<number, Ms[]>()
    for (const { size, started, ended } of drawn) {
      const times = bySize.get(size) ?? []
      bySize.set(size, times)
      times.push(ended - started)
    }
    const inOrder = drawn.map(({ started, ended }) => ended - started)
    return { ...replica, work: { of: timesOf(bySize, inOrder) }, wake: NO_WAKE }
  })
  return { ...parts, hardware, machine: { ...parts.machine, speed: IDEAL_MACHINE.speed } }
}

/**
 * The machine of a run, as in a structure check, shifted by `shiftMs`; its end is wrapped to the
 * start.
 */
function recordedMachine(
  run: ObservedRun,
  work: readonly ExecutorWork[],
  plan: ServingPlan,
  shiftMs: Ms,
): Machine {
  const batches = batchesOf(run)
  const endMs = batches.reduce((last, { done }) => Math.max(last, done), 0)
  const later = shiftMs % endMs
  const field = shiftField(fieldOf(run, work), later, endMs)
  const machine = machineOf(field)
  const stations = topologyOf(plan).executors.map(({ station }) => station)
  const starts = stations.map((_, executor) =>
    Float64Array.from(
      batches.filter((batch) => batch.executor === executor),
      ({ dispatched }) => (dispatched + later) % endMs,
    ).sort(),
  )
  return { ...machine, speed: new AlikeSpeed(machine.speed, stations, starts) }
}

function shiftField(field: MachineField, later: Ms, endMs: Ms): MachineField {
  if (later === 0) return field
  return {
    executors: field.executors.map((steps) => shiftSteps(steps, later, endMs)),
    dispatcher: shiftIntervals(field.dispatcher, later, endMs),
    intake: shiftIntervals(field.intake, later, endMs),
  }
}

function shiftSteps({ times, speeds }: Steps, later: Ms, endMs: Ms): Steps {
  const all = times.map((at, i) => ({ at, speed: speeds[i]! }))
  const before = [{ at: 0, speed: speeds[0]! }, ...all.filter(({ at }) => at < endMs - later)]
  const after = all.filter(({ at }) => at >= endMs - later && at < endMs)
  const steps = [
    { at: 0, speed: before.at(-1)!.speed },
    ...after.map(({ at, speed }) => ({ at: at + later - endMs, speed })),
    ...before.map(({ at, speed }) => ({ at: at + later, speed })),
    // a longer drain continues at the usual speed
    { at: endMs, speed: 1 },
  ]
  return { times: steps.map(({ at }) => at), speeds: steps.map(({ speed }) => speed) }
}

function shiftIntervals({ from, to }: Intervals, later: Ms, endMs: Ms): Intervals {
  return joinIntervals(
    from.map((start, i) => {
      const wrapped = start + later >= endMs ? later - endMs : later
      return [start + wrapped, to[i]! + wrapped] as const
    }),
  )
}
