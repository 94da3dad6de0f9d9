#!/usr/bin/env node
import type { Command as Subcommand } from 'commander'
import { endAtOnce, onEnding } from './runtime/process/interruption.ts'

// before anything else is loaded, which takes a tenth of a second, and more on a busy machine
onEnding(endAtOnce)

const { Command, CommanderError } = await import('commander')
const { report } = await import('./runtime/commands/command.ts')
const { drained, err, out, watchOutput } = await import('./runtime/terminal.ts')
const { version } = await import('./runtime/version.ts')
const { EXIT } = await import('./scenarios/index.ts')

interface CommandModule {
  define(command: Subcommand): void
}

/** Every command with its purpose. */
const PURPOSES = {
  scenarios: 'List the scenarios that ship, and print one to save and change',
  run: 'Calibrate, simulate, replay, compare and report: the main job',
  simulate: 'Simulate a scenario: latency, goodput and utilisation, each with its interval',
  plan: 'Find the cheapest configuration that holds the objectives, and how sure that is',
  calibrate: "Measure a scenario's models on this machine and write a profile",
  replay: 'Replay a scenario on ONNX Runtime in real time and measure it',
  compare: 'Compare replays with simulations: structure error, prediction, noise floor',
  worker: 'Simulate what a sweep on another machine asks for, through a queue',
  sweep: 'Simulate a grid or list of configurations: which of them hold the objectives',
  merge: 'Join the shards of a sweep',
  query: 'Run SQL over the results of a sweep',
  gate: 'Did it get worse? Gate a change by prediction, measurement or fidelity, for CI',
  audit: 'Check every scheduling rule of a scenario on the raw rows of its runs',
  report: 'Write the HTML report of a run folder, and each chart as SVG or PNG',
  requests: 'Export the requests of a scenario as JSON Lines',
  variants: 'Compare named variants of a scenario side by side, simulated and replayed',
  trace: 'Describe a trace, or fit a traffic section to it',
  models: 'Inspect an ONNX model, or build the ONNX models of a scenario',
  schema: 'Print the JSON Schema of scenario files or of documents',
  completion: 'Print a script that completes commands and options in bash, zsh or fish',
  init: 'Write a commented scenario to start from, and its schema for editors',
  doctor: 'Show this machine and which execution providers work on it',
}
type CommandName = keyof typeof PURPOSES

/** A module is loaded only if its command is called: it may draw charts or open models. */
const modules: Readonly<Record<CommandName, () => Promise<CommandModule>>> = {
  scenarios: () => import('./runtime/commands/scenarios.ts'),
  run: () => import('./runtime/commands/run.ts'),
  simulate: () => import('./runtime/commands/simulate.ts'),
  plan: () => import('./runtime/commands/plan.ts'),
  calibrate: () => import('./runtime/commands/calibrate.ts'),
  replay: () => import('./runtime/commands/replay.ts'),
  compare: () => import('./runtime/commands/compare.ts'),
  worker: () => import('./runtime/commands/worker.ts'),
  sweep: () => import('./runtime/commands/sweep.ts'),
  merge: () => import('./runtime/commands/merge.ts'),
  query: () => import('./runtime/commands/query.ts'),
  gate: () => import('./runtime/commands/gate.ts'),
  audit: () => import('./runtime/commands/audit.ts'),
  report: () => import('./runtime/commands/report.ts'),
  requests: () => import('./runtime/commands/requests.ts'),
  variants: () => import('./runtime/commands/variants.ts'),
  trace: () => import('./runtime/commands/trace.ts'),
  models: () => import('./runtime/commands/models.ts'),
  schema: () => import('./runtime/commands/schema.ts'),
  completion: () => import('./runtime/commands/completion.ts'),
  init: () => import('./runtime/commands/init.ts'),
  doctor: () => import('./runtime/commands/doctor.ts'),
}

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
  for (const name of Object.keys(modules) as CommandName[]) {
    const command = program.command(name).description(PURPOSES[name])
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
