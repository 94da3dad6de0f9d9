import { type Ms, OUTCOME } from '../../serving/index.ts'
import type { Rows } from './rows.ts'
import type { Ratio } from './space-recorder.ts'

/** A load or unload of a model on an executor of a replay. */
export interface ModelMove {
  readonly executor: number
  readonly kind: 'load' | 'unload'
  /** when the control plane requested it */
  readonly asked: Ms
  /** by the executor's clock */
  readonly started: Ms
  readonly ended: Ms
  /** when the dispatcher saw its end */
  readonly done: Ms
  /** false where memory ran out */
  readonly ok: boolean
}

/** Cold starts: requests that arrived before their model was loaded, of all served. */
export function coldShare(
  { columns, count }: Rows,
  moves: readonly ModelMove[],
  executors: readonly number[],
): Ratio {
  const loaded = new Map(executors.map((executor) => [executor, [] as Ms[]]))
  for (const { kind, executor, done, ok } of moves) {
    if (kind === 'load' && ok) loaded.get(executor)?.push(done)
  }
  const { outcome, executor, sent, dispatched } = columns
  let [part, of] = [0, 0]
  for (let key = 0; key < count; key++) {
    const loads = loaded.get(executor[key]!)
    if (loads === undefined || outcome[key] !== OUTCOME.served) continue
    of++
    const last = loads.findLast((at) => at <= dispatched[key]!) ?? Number.NEGATIVE_INFINITY
    if (sent[key]! < last) part++
  }
  return { part, of }
}
