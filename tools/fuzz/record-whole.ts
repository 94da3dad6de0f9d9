import type { FiguresOf, StudyName } from '../claims/figures/index.ts'
import { type Begun, writeRecord } from '../claims/record.ts'
import { commandOf, STUDIES } from '../claims/studies.ts'

/** Writes the record of a run that is at least as long as the whole one. */
export async function recordWhole<Name extends StudyName>(
  begun: Begun<Name>,
  ran: number,
  figures: FiguresOf<Name> & { readonly seed: number },
): Promise<void> {
  const { script, args } = STUDIES[begun.study]
  const [kind, whole] = args
  if (ran < Number(whole)) return
  const words = [kind!, String(ran), '--seed', String(figures.seed)]
  await writeRecord(begun, figures, { command: commandOf({ script, args: words }) })
}
