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

/**
 * Every command. Its module is loaded only when it is called: it may draw charts or open models.
 */
const commands: readonly (readonly [string, string, () => Promise<CommandModule>])[] = [
  [
    'run',
    'The main job: calibrate, simulate, replay, compare and report',
    () => import('./runtime/commands/run.ts'),
  ],
  [
    'simulate',
    'Simulate a scenario: latency, goodput and utilisation, each with its interval',
    () => import('./runtime/commands/simulate.ts'),
  ],
  [
    'calibrate',
    "Measure a scenario's models on this machine and keep what was found as a profile",
    () => import('./runtime/commands/calibrate.ts'),
  ],
  [
    'replay',
    'Replay a scenario on ONNX Runtime in real time and measure it',
    () => import('./runtime/commands/replay.ts'),
  ],
  [
    'compare',
    'Compare replays with simulations: structure error, prediction, noise floor',
    () => import('./runtime/commands/compare.ts'),
  ],
  [
    'audit',
    'Check on the raw rows of a run that every rule of its scenario was kept',
    () => import('./runtime/commands/audit.ts'),
  ],
  [
    'report',
    'Write the HTML report of documents again, and each chart as SVG or PNG',
    () => import('./runtime/commands/report.ts'),
  ],
  [
    'requests',
    'Export the requests of a scenario as JSON Lines, to use them elsewhere or again',
    () => import('./runtime/commands/requests.ts'),
  ],
  [
    'trace',
    'Look into a trace, or fit a traffic section to it',
    () => import('./runtime/commands/trace.ts'),
  ],
  [
    'models',
    'Build the ONNX models that a replay runs',
    () => import('./runtime/commands/models.ts'),
  ],
  [
    'schema',
    'Print the JSON Schema of scenario files, for editors, or of the documents',
    () => import('./runtime/commands/schema.ts'),
  ],
  [
    'init',
    'Write a commented scenario to start from, and the schema that editors use',
    () => import('./runtime/commands/init.ts'),
  ],
  [
    'doctor',
    'Say what this machine is and which execution providers work on it',
    () => import('./runtime/commands/doctor.ts'),
  ],
]

const program = new Command('spillway')
  .description('Capacity simulator and live replayer for model serving')
  .version(version())
  .exitOverride()
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

const fail = (error: unknown) => process.exit(report(error))
watchOutput(fail)
process.on('uncaughtException', fail)

try {
  for (const [name, description, load] of commands) {
    const command = program.command(name).description(description).copyInheritedSettings(program)
    if (process.argv.includes(name)) (await load()).define(command)
  }
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) process.exitCode = report(error)
  else process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
}
// not by itself: while Node tidies up, a signal would end the process in place of its exit code
await drained()
process.exit()
