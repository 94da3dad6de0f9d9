import type { Ms } from '../../../sim/serving/index.ts'
import type { MailboxPort } from '../live-port.ts'
import type { StepOrder } from './sequence-runner.ts'

/** A run of a script, `gapMs` after the one before has ended; default: at once. */
export type ScriptOrder = StepOrder & { readonly gapMs?: Ms }

/** A run of a script; times in ms since the job's epoch. */
export interface StepScriptRow {
  readonly dispatched: Ms
  /** when the executor began */
  readonly started: Ms
  /** of its steps */
  readonly ends: readonly Ms[]
  readonly done: Ms
}

/** Runs steps of executor 0 without traffic, through the same mailbox as a replay. */
export function runStepScript(
  orders: readonly ScriptOrder[],
  port: MailboxPort,
  progress: Int32Array,
): StepScriptRow[] {
  let last = Number.NEGATIVE_INFINITY
  return orders.map((order, i) => {
    const from = last + (order.gapMs ?? 0)
    while (port.now() < from) port.sleep(from)
    const dispatched = port.now()
    port.startSteps(0, order)
    while (port.takeFinished() !== 0) port.sleep(Number.POSITIVE_INFINITY)
    const { started } = port.finished(0)
    const { ends } = port.stepped(0).run
    last = ends.at(-1)!
    progress[0] = i + 1
    return { dispatched, started, ends, done: port.now() }
  })
}
