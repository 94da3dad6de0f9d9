import type { Ms, Observer, StepRun } from '../../serving/index.ts'

/** A run of steps as its executor ran it: times in ms, of the clock of the replay. */
export interface EngineRun {
  readonly executor: number
  readonly sent: Ms
  readonly began: Ms
  /** of each step but the last one, which ends with the run */
  readonly stepEnds: readonly Ms[]
  readonly ended: Ms
  /** when the dispatcher saw its end */
  readonly done: Ms
  /** what its first step computes */
  readonly batch: Readonly<StepRun>
}

/** Keeps the runs of executors that say when they began and ended them. */
export class EngineRunRecorder implements Observer {
  /** in the order in which their ends were seen */
  readonly runs: EngineRun[] = []
  /** runs without these times */
  untimed = 0

  stepped(done: Ms, run: StepRun): void {
    const { executor, started: sent, steps, stepEnds, ran } = run
    if (!ran || !stepEnds) {
      this.untimed++
      return
    }
    this.runs.push({
      ...{ executor, sent, done },
      began: sent + ran.beganMs,
      ended: sent + ran.endedMs,
      stepEnds: Array.from(stepEnds.subarray(0, steps - 1), (end) => sent + end),
      batch: { ...run, stepEnds: null },
    })
  }
}
