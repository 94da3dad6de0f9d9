import type { LoadedScenario } from '../../scenarios/index.ts'
import { type Prepared, type PrepareOptions, prepare } from './prepare.ts'

export interface SidesOptions extends PrepareOptions {
  /** the second side of a what-if, by file or name; default: the first one, where it is changed */
  readonly against?: string | undefined
  /** changes of the second side, after those of both */
  readonly againstSet?: readonly string[] | undefined
}

/** A scenario and, in a what-if, its second side, which takes the overrides of both. */
export async function prepareSides(
  source: string | LoadedScenario,
  { against, againstSet = [], ...options }: SidesOptions,
): Promise<readonly [Prepared, ...Prepared[]]> {
  const first = await prepare(source, options)
  if (against === undefined && againstSet.length === 0) return [first]
  const { set = [] } = options
  const second = await prepare(against ?? first.file, { ...options, set: [...set, ...againstSet] })
  return [first, second]
}
