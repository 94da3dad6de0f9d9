import { Command, CommanderError } from 'commander'
import { EXIT, type ExitCode } from '../scenarios/light.ts'
import { asCall, type Io } from './call.ts'
import { commandNames, modules, purposes } from './command-table.ts'
import { report } from './commands/command.ts'
import { endingHandler, onEnding } from './process/interruption.ts'
import { drained, helpOutput, watchOutput } from './terminal.ts'
import { version } from './version.ts'

/**
 * Runs a command line and resolves with its exit code once its output is written. What goes wrong
 * outside of the command's own promises ends it, too. Afterwards the process is as it was before.
 */
export function main(words: readonly string[], io: Io): Promise<ExitCode> {
  return asCall(words, io, async (call) => {
    const ending = endingHandler()
    let fail: (error: unknown) => void = () => {}
    const failed = new Promise<ExitCode>((resolve) => {
      fail = (error) => resolve(report(error))
    })
    const unwatch = watchOutput(fail)
    process.on('uncaughtException', fail)
    const perform = async () => {
      const code = (await parse(words)) ?? call.exitCode ?? EXIT.ok
      await drained()
      return code
    }
    try {
      return await Promise.race([perform(), failed])
    } finally {
      process.off('uncaughtException', fail)
      unwatch()
      onEnding(ending)
    }
  })
}

/** Runs the command; returns an exit code where it has not begun. */
async function parse(words: readonly string[]): Promise<ExitCode | null> {
  const program = new Command('spillway')
    .description('Capacity simulator and live replayer for model serving')
    .version(version())
    .exitOverride()
    .showHelpAfterError('run: spillway --help')
    .configureOutput(helpOutput)
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 internal error, 2 usage, 3 invalid input, 4 an SLO or a check failed,
5 undecided, 6 not comparable, 130 interrupted.

Start with:
  $ spillway init peak.yaml
  $ spillway run peak.yaml`,
    )
  try {
    const typed = understood(words)
    const called = commandNames.find((name) => name === typed[0])
    // the others are for help, and for a completion, which lists the options of all
    const alone = called !== undefined && called !== 'completion'
    for (const name of alone ? [called] : commandNames) {
      const command = program.command(name).description(purposes[name])
      command.copyInheritedSettings(program).showHelpAfterError(`run: spillway ${name} --help`)
      if (!words.includes(name) && !words.includes('completion')) continue
      ;(await modules[name]()).define(command)
      for (const part of command.commands) {
        part.showHelpAfterError(`run: spillway ${name} ${part.name()} --help`)
      }
    }
    await program.parseAsync(typed, { from: 'user' })
    return null
  } catch (error) {
    if (!(error instanceof CommanderError)) return report(error)
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  }
}

/**
 * The words of a command line, `help NAME` as `NAME --help`. Of an unknown command only its name
 * is left, so that it is an error also where help is asked for.
 */
function understood(args: readonly string[]): readonly string[] {
  const words = args[0] === 'help' ? [...args.slice(1), '--help'] : args
  const [first = '-'] = words
  const isKnown = first.startsWith('-') || commandNames.some((name) => name === first)
  return isKnown ? words : [first]
}
