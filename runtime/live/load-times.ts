import { type Ms, STATUS } from '../../sim/serving/index.ts'
import type { MailboxPort } from './live-port.ts'

const FEWEST = 8
const MOST = 100
/** first loads are left out: allocators of the process still grow */
const NOT_COUNTED = 2

/**
 * Times loads of the model of executor 0, one after another, for about `durationMs`; returns ms.
 * Each load begins with an unload that frees memory, as in a replay. Returns null if memory ran
 * out. The model is unloaded in the end, as before.
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
