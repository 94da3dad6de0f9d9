import { type Ms, STATUS } from '../../sim/serving/index.ts'
import type { FinishedOrder } from './dispatcher.ts'
import { type MailboxPort, SPIN_MS } from './live-port.ts'
import type { Mailbox } from './mailbox.ts'

/** One batch to run on its own, `gapMs` after the executor ended its last one. */
export interface ScriptItem {
  readonly executor: number
  readonly size: number
  readonly length: number
  readonly gapMs: Ms
}

/** What a script needs of the executors. */
interface ScriptPort extends Pick<MailboxPort, 'now' | 'sleep' | 'takeFinished'> {
  finished(executor: number): Pick<FinishedOrder, 'status' | 'started' | 'ended'>
}

/** The result of an item; times in ms since the job's epoch. */
export interface ScriptRow {
  readonly item: ScriptItem
  /** from the last end of the executor to this dispatch; NaN for its first */
  readonly gap: Ms
  readonly dispatched: Ms
  readonly started: Ms
  readonly ended: Ms
  readonly done: Ms
}

/** The port spins during a wait as short as this, even after rounding. */
const AWAKE_MS = SPIN_MS / 2

/**
 * Runs batches one after another through the same mailboxes and the same sleep as a replay, so that
 * calibration measures the costs of a replay. Before a batch without a gap the loop stays awake
 * until the last batch ends, as a dispatcher with a backlog does. A sleeping loop would leave some
 * 50 µs between two batches, in which caches cool down.
 */
export function runScript(
  items: readonly ScriptItem[],
  port: ScriptPort,
  mailboxes: readonly Mailbox[],
  progress: Int32Array,
): ScriptRow[] {
  const lastEnded = mailboxes.map(() => Number.NaN)
  const rows: ScriptRow[] = []
  for (const [i, item] of items.entries()) {
    const awake = items[i + 1]?.gapMs === 0
    const mailbox = mailboxes[item.executor]!
    const from = lastEnded[item.executor]!
    if (!Number.isNaN(from)) while (port.now() < from + item.gapMs) port.sleep(from + item.gapMs)
    for (let j = 0; j < item.size; j++) {
      mailbox.lengths[j] = item.length
      mailbox.keys[j] = rows.length + j
    }
    const dispatched = port.now()
    mailbox.post(item.size, item.length)
    while (port.takeFinished() !== item.executor) {
      port.sleep(awake ? port.now() + AWAKE_MS : Number.POSITIVE_INFINITY)
    }
    const { status, started, ended } = port.finished(item.executor)
    // without a measurement: the port counts the death
    if (status === STATUS.died) break
    const done = port.now()
    rows.push({ item, gap: dispatched - from, dispatched, started, ended, done })
    lastEnded[item.executor] = ended
    progress[0] = rows.length
  }
  return rows
}

const FEWEST_LOADS = 8
const MOST_LOADS = 100
/** first loads are left out: allocators of the process still grow */
const NOT_COUNTED = 2

/**
 * Times loads of the model of executor 0 for about `durationMs`; returns ms, or null if memory ran
 * out. Each load begins with an unload, as in a replay. The model is unloaded in the end.
 */
export function timeLoads(port: MailboxPort, durationMs: Ms): Ms[] | null {
  const times: Ms[] = []
  const settle = () => {
    while (port.takeFinished() < 0) port.sleep(Number.POSITIVE_INFINITY)
  }
  const end = port.now() + durationMs
  port.load(0)
  settle()
  while (times.length < FEWEST_LOADS || (port.now() < end && times.length < MOST_LOADS)) {
    const asked = port.now()
    port.unload(0)
    port.load(0)
    settle()
    settle()
    if (port.finished(0).status !== STATUS.ok) return null
    times.push(port.now() - asked)
  }
  port.clear()
  return times.slice(NOT_COUNTED)
}
