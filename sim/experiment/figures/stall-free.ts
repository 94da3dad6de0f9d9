import { generatesIn } from '../../serving/index.ts'
import { RowRecorder, Rows } from '../../stats/index.ts'
import { type StallFreeFigures, stallFreeFigures } from '../comparison/stall-free.ts'
import { executorWork } from '../simulation/hardware.ts'
import { NOT_RECORDED, type RecordedFamily } from './family.ts'

/**
 * Latency of the requests that met no stall; null where requests were drawn, no model has a
 * profile, or tokens are generated.
 */
export const stallFree: RecordedFamily<StallFreeFigures | null> = {
  start({ requests, warmupMs, simulated }) {
    if (simulated === null || simulated.fired === null) return NOT_RECORDED
    const { input, fired } = simulated
    if (generatesIn(input.plan)) return NOT_RECORDED
    const recorder = new RowRecorder(Rows.allocate(input.requests!.count), requests)
    const given = { plan: input.plan, work: executorWork(input), warmupMs }
    const summary = () => stallFreeFigures({ rows: recorder.rows, timers: fired }, given)
    return { observers: [recorder], summary }
  },
}
