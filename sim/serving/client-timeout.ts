import { drawDuration, hashedNormal, hashedUniform, log } from '../kernel/index.ts'
import type { ClassPlan } from './plan.ts'
import type { Ms, RequestFields } from './ports.ts'

const PURPOSE = 0x428a2f98
const double = new Float64Array(1)
const words = new Int32Array(double.buffer)

/** The client timeout of a class: one value, or drawn for each request. */
export type ClientTimeout = Pick<ClassPlan, 'clientTimeoutMs' | 'drawnClientTimeout'>

/** When the client of a request leaves, by the plans of the classes; Infinity for never. */
export function leavesAt(
  classes: readonly ClientTimeout[],
  { at, sendId, class: numbers }: Pick<RequestFields, 'at' | 'sendId' | 'class'>,
  request: number,
): Ms {
  const from = at[request]!
  return from + clientTimeoutOf(classes[numbers[request]!]!, from, sendId[request]!)
}

/**
 * How long a client waits for its answer. A draw depends on the scheduled arrival and the number of
 * the sending only, so it is equal in simulated and live runs, and for all parts of a fan-out.
 */
export function clientTimeoutOf(
  { clientTimeoutMs, drawnClientTimeout }: ClientTimeout,
  at: Ms,
  sending: number,
): Ms {
  if (drawnClientTimeout === null) return clientTimeoutMs
  double[0] = at
  const key = words[0]! ^ Math.imul(words[1]!, 0x9e3779b1) ^ Math.imul(sending, 0x27d4eb2f)
  return drawDuration(drawnClientTimeout, {
    uniform: () => hashedUniform(key, PURPOSE),
    exponential: () => -log(hashedUniform(key, PURPOSE)),
    normal: () => hashedNormal(key, PURPOSE),
  })
}
