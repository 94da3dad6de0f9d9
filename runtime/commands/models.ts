import type { Command } from 'commander'
import { implement, outOption, override } from './command.ts'
import { flagOf, KINDS, PARAMETER_NAMES, PARAMETERS } from './model-parameters.ts'
import { withInspect } from './models-inspect.ts'
import { withQuantise } from './models-quantise.ts'

const HELP = `
Examples:
  $ spillway models build scenario.yaml --out models
  $ spillway models build mlp --layers 12 --width 512 --precision fp32,fp16,int8
  $ spillway models build transformer-encoder --layers 4 --hidden 256 --heads 4 --json
  $ spillway models build transformer-decoder --layers 6 --hidden 512 --heads 8 --kv-heads 4`

export function define(command: Command): void {
  withInspect(command)
  withQuantise(command)
  const build = command
    .command('build')
    .copyInheritedSettings(command)
    .description('Build the models of a scenario, or a built-in kind, as ONNX files')
    .argument('<what...>', `scenarios, or ${KINDS.join(' or ')}`)
  for (const name of PARAMETER_NAMES) build.option(`${flagOf(name)} <n>`, PARAMETERS[name])
  build
    .option('--precision <list>', 'of a built-in kind: fp32, fp16, int8 or several with commas')
    .option('--set <path=value>', 'override a value of a scenario', override)
    .addOption(outOption('the files', 'the working folder').default('.', 'the working folder'))
    .option('--json', 'print only the document on stdout')
  implement(build, HELP, async () => (await import('../actions/models.ts')).perform)
}
