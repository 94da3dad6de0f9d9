import { generatesIn } from '../../serving/index.ts'
import { RowRecorder, Rows } from '../../stats/index.ts'
import { tokenPercentiles } from '../comparison/latencies.ts'
import { firstTokenDelays, measuresOf, type TokenPercentiles } from '../comparison/measures.ts'
import { NOT_RECORDED, type RecordedFamily } from './family.ts'

/** PERCENTILES of TTFT and TPOT; null where no tokens are generated, or requests were drawn. */
export const tokenTimes: RecordedFamily<TokenPercentiles | null> = {
  start({ scenario, plan, requests: slots, warmupMs, simulated }) {
    const requests = simulated?.input.requests
    if (!generatesIn(plan) || !requests) return NOT_RECORDED
    const recorder = new RowRecorder(Rows.allocate(requests.count), slots)
    const firstTokenDelaysMs = firstTokenDelays(scenario.traffic)
    const measures = measuresOf({ plan, requests, firstTokenDelaysMs })
    const summary = () => tokenPercentiles(recorder.rows, warmupMs, measures)
    return { observers: [recorder], summary }
  },
}
