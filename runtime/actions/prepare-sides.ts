import type { LoadedScenario } from '../../scenarios/index.ts'
import type { AgainstOptions } from '../commands/against.ts'
import { note } from '../commands/command.ts'
import { type Prepared, prepare } from '../jobs/prepare.ts'

/** A scenario and, in a what-if, its second side, which takes the overrides of both. */
export async function prepareSides(
  loaded: LoadedScenario,
  options: AgainstOptions,
  signal: AbortSignal,
): Promise<readonly [Prepared, ...Prepared[]]> {
  const first = await prepare(loaded, { ...options, signal, onNote: note })
  const { against, againstSet = [], set = [] } = options
  if (against === undefined && againstSet.length === 0) return [first]
  const second = await prepare(against ?? loaded.file, {
    ...options,
    set: [...set, ...againstSet],
    signal,
    onNote: note,
  })
  return [first, second]
}
