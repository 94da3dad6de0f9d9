import { knownField, OVERHEADS } from '../sim/experiment/comparison/known-machine.test-helper.ts'
import { runWorld } from '../sim/experiment/index.ts'
import { Random } from '../sim/kernel/index.ts'
import { type Observer, topologyOf } from '../sim/serving/index.ts'
import { RowRecorder, Rows } from '../sim/stats/index.ts'
import { ListSource } from '../sim/traffic/index.ts'
import { declaredSteps, declaredWork, machineOf, NO_WAKE, Overheads } from '../sim/world/index.ts'
import type { SmallSystem } from './small-system.ts'

/** Simulates a system with overheads, late timers, slow spells and stalls. */
export function serveOnKnownMachine(system: SmallSystem, observer: Observer = {}) {
  const { plan, requests, work } = system
  const { executors } = topologyOf(plan)
  let recorder = null as RowRecorder | null
  const overheads = new Overheads(OVERHEADS)
  const parts = { replicas: executors.length, durationMs: 2000, stillShare: 0.2 }
  runWorld({
    plan,
    source: new ListSource(requests),
    hardware: executors.map(({ pool }) => ({
      work: declaredWork(work[pool]!),
      wake: NO_WAKE,
      overheads,
      steps: declaredSteps(work[pool]!),
    })),
    machine: machineOf(knownField(new Random('audited machine'), parts)),
    sendDelay: overheads,
    timer: overheads,
    seed: 1,
    replication: 0,
    observe: (slots) => {
      recorder = new RowRecorder(Rows.allocate(requests.count), slots)
      return [observer, recorder]
    },
  })
  return { plan, requests, rows: recorder!.rows }
}
