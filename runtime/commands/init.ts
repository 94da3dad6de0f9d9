import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { EXIT, Failure, scenarioJsonSchema, starterScenario } from '../../scenarios/index.ts'
import { schemaText } from '../folders/schema-text.ts'
import { writeWhole } from '../folders/write-whole.ts'
import { measuredStarter } from '../jobs/measured-starter.ts'
import { implement, withJson } from './command.ts'
import { print } from './output.ts'
import { withProgress } from './progress.ts'

const HELP = `
With --onnx every input of the model is filled in, and a request is run, so that the rate is one that this machine
can replay. What must be chosen is marked "# choose:".

Examples:
  $ spillway init peak.yaml && spillway run peak.yaml
  $ spillway init --onnx model.onnx own.yaml && spillway run own.yaml`

interface Options {
  readonly onnx?: string
  readonly json?: boolean
}

export function define(command: Command): void {
  withJson(command.argument('[file]', 'the file to write', 'scenario.yaml'))
  command.option('--onnx <model>', 'start from this ONNX file, or npm:PACKAGE/PATH')
  implement(command, HELP, async (signal, file: string, options: Options) => {
    if (existsSync(file)) throw new Failure(`${file}: already exists; choose another name`)
    const folder = dirname(file)
    if (!existsSync(folder)) throw new Failure(`${folder}: no such folder; create it first`)
    const schema = file.replace(/[^/]*$/, 'scenario.schema.json')
    const { onnx } = options
    const scenario =
      onnx === undefined
        ? starterScenario()
        : await withProgress((onProgress, { warn: onWarning }) =>
            measuredStarter(onnx, file, { signal, onProgress, onWarning }),
          )
    await writeWhole(file, scenario)
    await writeWhole(schema, schemaText(scenarioJsonSchema()))
    const text = `${file}\n${schema}\n${nextOf(file, scenario)}`
    print(options, { written: [file, schema] }, text)
    return EXIT.ok
  })
}

/** The next commands. No profile that ships has measured a model of the user. */
function nextOf(file: string, scenario: string): string {
  const next = `Next: spillway run ${file}`
  const choices = scenario.split('# choose:').length - 1
  if (choices === 0) return next
  const simulate = `spillway calibrate ${file} && spillway simulate ${file}`
  return `Choose: ${choices} values are marked "# choose:" in ${file}\n${next}\nOr only simulate: ${simulate}`
}
