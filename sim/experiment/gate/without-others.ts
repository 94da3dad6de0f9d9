import { Rows } from '../../stats/index.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'

/**
 * A run as it would have been seen if each batch had taken its processor time: without the time in
 * which an executor waited for its core. The machine that it records is that without other
 * programs. Batches without a processor time stay as they are.
 */
export function withoutOthers(run: ObservedRun): ObservedRun {
  const { rows, processorMs } = run
  if (processorMs === undefined) return run
  const { batch, started, ended, done } = rows.columns
  const [endedEarlier, doneEarlier] = [ended.slice(), done.slice()]
  for (let key = 0; key < rows.count; key++) {
    const took = batch[key]! < 0 ? Number.NaN : processorMs[batch[key]!]!
    const waited = ended[key]! - started[key]! - took
    // the clocks are read one after the other, so a batch may seem to have waited for less than 0
    if (!(waited > 0)) continue
    endedEarlier[key]! -= waited
    doneEarlier[key]! -= waited
  }
  return { ...run, rows: Rows.of({ ...rows.columns, ended: endedEarlier, done: doneEarlier }) }
}
