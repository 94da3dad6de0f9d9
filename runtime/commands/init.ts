import type { Command } from 'commander'
import { implement, withJson } from './command.ts'

const HELP = `
With --onnx every input of the model is filled in, and a request is run, so that the rate is one that this machine
can replay. What must be chosen is marked "# choose:".

Examples:
  $ spillway init peak.yaml && spillway run peak.yaml
  $ spillway init --onnx model.onnx own.yaml && spillway run own.yaml`

export function define(command: Command): void {
  withJson(command.argument('[file]', 'the file to write', 'scenario.yaml'))
  command.option('--onnx <model>', 'start from this ONNX file, or npm:PACKAGE/PATH')
  implement(command, HELP, async () => (await import('../actions/init.ts')).perform)
}
