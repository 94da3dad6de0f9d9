#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { registerCalibrate } from './runtime/commands/calibrate.ts'
import { report } from './runtime/commands/command.ts'
import { registerCompare } from './runtime/commands/compare.ts'
import { registerDoctor } from './runtime/commands/doctor.ts'
import { registerInit } from './runtime/commands/init.ts'
import { registerReplay } from './runtime/commands/replay.ts'
import { registerReport } from './runtime/commands/report.ts'
import { registerRequests } from './runtime/commands/requests.ts'
import { registerRun } from './runtime/commands/run.ts'
import { registerSchema } from './runtime/commands/schema.ts'
import { registerSimulate } from './runtime/commands/simulate.ts'
import { registerModels } from './runtime/models/build-command.ts'
import { version } from './runtime/version.ts'
import { EXIT } from './scenarios/failure.ts'

const program = new Command('spillway')
  .description('Capacity simulator and live replayer for model serving')
  .version(version())
  .configureHelp({ showGlobalOptions: true })
  .exitOverride()
  .addHelpText(
    'after',
    `
Exit codes: 0 done, 1 internal error, 2 usage, 3 invalid input, 4 an SLO or a check failed,
5 undecided, 6 not comparable, 130 interrupted.

Start with:
  $ spillway init peak.yaml
  $ spillway run peak.yaml`,
  )

for (const register of [
  registerRun,
  registerSimulate,
  registerCalibrate,
  registerReplay,
  registerCompare,
  registerReport,
  registerRequests,
  registerModels,
  registerSchema,
  registerInit,
  registerDoctor,
]) {
  register(program)
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) process.exitCode = report(error)
  else process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
}
