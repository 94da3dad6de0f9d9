import { type Ms, STATUS } from '../../sim/serving/index.ts'
import type { MailboxPort } from './live-port.ts'

const FEWEST = 8
const MOST = 100
/** of them, while allocators of the process still grow */
const NOT_COUNTED = 2

/**
 * How long loads of an executor's model take, one after another, for about so long; as in a replay
 * each begins with somebody who goes to make room. Null where memory ran out. The model is gone in
 * the end, as it was before.
 */
export function timeLoads(port: MailboxPort, durationMs: Ms): Ms[] | null {
  const times: Ms[] = []
  const settle = () => {
    while (port.takeFinished() < 0) port.sleep(Number.POSITIVE_INFINITY)
  }
  const end = port.now() + durationMs
  port.load(0)
  settle()
  while (times.length < FEWEST || (port.now() < end && times.length < MOST)) {
    const asked = port.now()
    port.unload(0)
    port.load(0)
    settle()
    settle()
    if (port.status(0) !== STATUS.ok) return null
    times.push(port.now() - asked)
  }
  port.clear()
  return times.slice(NOT_COUNTED)
}
