import { EXIT, Failure } from '../../../scenarios/index.ts'
import { type Plan, worst } from '../../../sim/documents/index.ts'
import type { JobOptions } from '../options.ts'
import { refuseLive } from '../refuse.ts'
import { replay } from '../replay.ts'
import { type Winner, winnerSystem } from './plan-winner.ts'

/**
 * The winner replayed on this machine, or why it cannot be: a plan that is done stands without its
 * replay. Throws `Failure` with exit code 130 once the signal is set.
 */
export async function verifyWinner(
  winner: Winner,
  { replays, signal, onProgress }: JobOptions & { readonly replays: number },
): Promise<NonNullable<Plan['verified']> | { readonly problem: string }> {
  try {
    const system = await winnerSystem(winner, signal)
    refuseLive([system])
    const [side] = await replay([system], { replays, signal, onProgress })
    const { objectives, valid, warnings } = side!.result
    const verdict = worst(objectives.map((objective) => objective.verdict))
    return { replays, valid, verdict, objectives, warnings }
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error
    return { problem: `the winner was not replayed: ${error.problems[0]}` }
  }
}
