import { EXIT, Failure, visibleLine } from '../../scenarios/index.ts'
import { err } from '../terminal.ts'

/** After an interruption, says what is kept and how to go on. */
export function keptSoFar(error: unknown, what: string, out: string | undefined): never {
  const interrupted = error instanceof Failure && error.exitCode === EXIT.interrupted
  if (interrupted && out !== undefined) {
    err(
      `${what} so far are kept in ${visibleLine(out)}; go on with the same command and --resume\n`,
    )
  }
  throw error
}
