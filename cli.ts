#!/usr/bin/env node
import { endAtOnce, onEnding } from './runtime/process/interruption.ts'

// before anything else is loaded, which takes a tenth of a second, and more on a busy machine
onEnding(endAtOnce)

const { Command, CommanderError } = await import('commander')
const { report } = await import('./runtime/commands/command.ts')
const { commandNames, modules, purposes } = await import('./runtime/command-table.ts')
const { drained, err, out, watchOutput } = await import('./runtime/terminal.ts')
const { version } = await import('./runtime/version.ts')
const { EXIT } = await import('./scenarios/index.ts')

const program = new Command('spillway')
  .description('Capacity simulator and live replayer for model serving')
  .version(version())
  .exitOverride()
  .showHelpAfterError('run: spillway --help')
  .configureOutput({ writeOut: out, writeErr: err })
  .addHelpText(
    'after',
    `
Exit codes: 0 done, 1 internal error, 2 usage, 3 invalid input, 4 an SLO or a check failed,
5 undecided, 6 not comparable, 130 interrupted.

Start with:
  $ spillway init peak.yaml
  $ spillway run peak.yaml`,
  )

/**
 * The words of the command line, `help NAME` as `NAME --help`. Of an unknown command only its name
 * is left, so that it is an error also where help is asked for.
 */
function typed(): string[] {
  const [node, script, ...given] = process.argv
  const words = given[0] === 'help' ? [...given.slice(1), '--help'] : given
  const [first = '-'] = words
  const known = first.startsWith('-') || program.commands.some((one) => one.name() === first)
  return [node!, script!, ...(known ? words : [first])]
}

const fail = (error: unknown) => process.exit(report(error))
watchOutput(fail)
process.on('uncaughtException', fail)

try {
  for (const name of commandNames) {
    const command = program.command(name).description(purposes[name])
    command.copyInheritedSettings(program).showHelpAfterError(`run: spillway ${name} --help`)
    // a completion lists the options of all commands
    const asked = process.argv.includes(name) || process.argv.includes('completion')
    if (!asked) continue
    ;(await modules[name]()).define(command)
    for (const part of command.commands) {
      part.showHelpAfterError(`run: spillway ${name} ${part.name()} --help`)
    }
  }
  await program.parseAsync(typed())
} catch (error) {
  if (!(error instanceof CommanderError)) process.exitCode = report(error)
  else process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
}
// not by itself: while Node tidies up, a signal would end the process in place of its exit code
await drained()
process.exit()
