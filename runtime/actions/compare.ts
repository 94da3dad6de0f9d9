import { comparisonText } from '../../reports/index.ts'
import type { ExitCode } from '../../scenarios/index.ts'
import { commandLine } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { comparisonKind } from '../documents/comparison.ts'
import { compare } from '../jobs/compare.ts'
import { keptSides } from '../jobs/kept-sides.ts'
import { emit } from './output.ts'
import { plots } from './plots.ts'

interface CompareOptions {
  readonly profile?: string
  readonly replications: number
  readonly plot?: boolean
  readonly json?: boolean
  readonly out?: string
}

export async function perform(
  signal: AbortSignal,
  directory: string,
  options: CompareOptions,
): Promise<ExitCode> {
  const { profile, replications } = options
  const [first, second] = await keptSides(directory, { profile })
  const comparison = await withProgress((onProgress) =>
    compare(first, second, { replications, command: commandLine(), signal, onProgress }),
  )
  const plotted = plots(options, { measured: first!.result, comparison })
  const text = [comparisonText(comparison), plotted]
  return emit(options, comparisonKind, comparison, { text })
}
