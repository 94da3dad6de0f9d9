import { z } from 'zod'
import type { Gate } from '../../../sim/documents/index.ts'
import type { GatesOn, LongRunRow, Study } from '../../gate-study/page.ts'
import type { Kind } from '../../gate-study/record.ts'
import { count, middle, tally, verdicts } from './parts.ts'

const kind = z.strictObject({
  /** gates on the machine */
  live: verdicts,
  /** blocks of the live gates, which the resampled gates draw from */
  blocks: count,
  resampled: z.array(
    z.strictObject({
      margin: z.number(),
      gates: count,
      /** shares of the gates */
      pass: z.number(),
      fail: z.number(),
      undecided: z.number(),
    }),
  ),
})

/** Measured gates of a scenario against itself (A/A), and against one that is 5 % slower. */
export const gateStudyFigures = z.strictObject({
  aa: kind,
  slower: kind,
  /** beside a loop that keeps one core busy; absent in records without such gates */
  busy: z.strictObject({ aa: kind, slower: kind }).optional(),
  /** duration of a live gate */
  minutes: z.strictObject({ median: z.number(), most: z.number() }),
  /** gates whose derived interval of a percentile holds what a long run measured */
  longRun: z.array(z.strictObject({ p: z.number(), held: count, of: count })),
})
export type GateStudyFigures = z.infer<typeof gateStudyFigures>

export function figuresOfGates(
  { recorded, resampled, busy }: Study,
  longRun: readonly LongRunRow[],
): GateStudyFigures {
  const of = (on: GatesOn, kind: Kind) => ({
    live: tally(on.gates[kind].map(({ verdict }) => verdict)),
    blocks: on.gates[kind].reduce((sum, { cases }) => sum + measuredOf(cases).blocks.length, 0),
    resampled: on.resampled[kind].map(({ margin, gates, shares }) => {
      return { margin, gates, pass: shares.PASS, fail: shares.FAIL, undecided: shares.UNDECIDED }
    }),
  })
  const quiet = { gates: recorded.gates, resampled }
  const minutes = [...recorded.gates.aa, ...recorded.gates.slower].map(minutesOf)
  return {
    aa: of(quiet, 'aa'),
    slower: of(quiet, 'slower'),
    ...(busy && { busy: { aa: of(busy, 'aa'), slower: of(busy, 'slower') } }),
    minutes: { median: middle(minutes), most: Math.max(...minutes) },
    longRun: longRun.map(({ p, held, derived }) => ({ p, held, of: derived.length })),
  }
}

/** Duration of a live gate. */
export const minutesOf = ({ cases }: Gate) => measuredOf(cases).minutes

const measuredOf = ([only]: Gate['cases']) => only!.measured!
