import { ControlPlane, type Ms, type Status } from '../../sim/serving/index.ts'
import { type Machine, Overheads } from '../../sim/world/index.ts'
import { NO_OVERHEADS } from '../../sim/world/machine/overheads.ts'
import { type Mutant, replaceMethods } from './mutant.ts'

const FREE = new Overheads(NO_OVERHEADS)

/** Faults of the path around the executors. */
export const DISPATCHER_MUTANTS: readonly Mutant[] = [
  {
    name: 'no overheads',
    fault: 'dispatch, completion and sending cost nothing',
    change: (parts) => ({
      ...parts,
      hardware: parts.hardware.map((machine) => ({ ...machine, overheads: null })),
      // null would mean given send times, to which stalls do not apply
      sendDelay: parts.sendDelay && FREE,
    }),
  },
  {
    name: 'no timer lateness',
    fault: 'timers fire at the instant they are due, even while the dispatcher is stalled',
    change: (parts) => ({ ...parts, timer: null, machine: withTimersOnTime(parts.machine) }),
  },
  {
    name: 'polled at arrivals',
    fault: 'the end of a batch is seen at the next arrival or timer',
    patch: polledAtArrivals,
  },
]

function withTimersOnTime({ speed, dispatcher }: Machine): Machine {
  if (dispatcher === null) return { speed, dispatcher }
  return {
    speed,
    dispatcher: {
      completion: (at) => dispatcher.completion(at),
      timer: (at) => at,
      handOver: (at) => dispatcher.handOver(at),
    },
  }
}

type Done = [executor: number, started: Ms, ended: Ms, status: Status]

/** After the last arrival nothing would poll any more, so ends are then seen at once. */
function polledAtArrivals(): () => void {
  const see = ControlPlane.prototype.onDone
  const unseen = new WeakMap<ControlPlane, Done[]>()
  const ending = new WeakSet<ControlPlane>()
  const poll = (control: ControlPlane, now: Ms) => {
    const ended = unseen.get(control) ?? []
    unseen.delete(control)
    for (const done of ended) see.call(control, now, ...done)
  }
  return replaceMethods(ControlPlane.prototype, {
    onDone: () =>
      function (this: ControlPlane, now, ...done) {
        unseen.set(this, [...(unseen.get(this) ?? []), done])
        if (ending.has(this)) poll(this, now)
      },
    onArrival: (onArrival) =>
      function (this: ControlPlane, now, request) {
        poll(this, now)
        onArrival.call(this, now, request)
      },
    onTimer: (onTimer) =>
      function (this: ControlPlane, now, timer) {
        poll(this, now)
        onTimer.call(this, now, timer)
      },
    onEnd: (onEnd) =>
      function (this: ControlPlane, now) {
        ending.add(this)
        onEnd.call(this, now)
      },
  })
}
