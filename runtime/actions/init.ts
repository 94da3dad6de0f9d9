import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  EXIT,
  type ExitCode,
  Failure,
  scenarioJsonSchema,
  starterScenario,
  visibleLine,
} from '../../scenarios/index.ts'
import { withProgress } from '../commands/progress.ts'
import { schemaText } from '../folders/schema-text.ts'
import { writeWhole } from '../folders/write-whole.ts'
import { measuredStarter } from '../jobs/measured-starter.ts'
import { print } from './output.ts'

interface Options {
  readonly onnx?: string
  readonly json?: boolean
}

/** The next commands. No profile that ships has measured a model of the user. */
function nextOf(file: string, scenario: string): string {
  const next = `Next: spillway run ${file}`
  const choices = scenario.split('# choose:').length - 1
  if (choices === 0) return next
  const simulate = `spillway calibrate ${file} && spillway simulate ${file}`
  return `Choose: ${choices} values are marked "# choose:" in ${file}\n${next}\nOr only simulate: ${simulate}`
}

export async function perform(
  signal: AbortSignal,
  file: string,
  options: Options,
): Promise<ExitCode> {
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
  const text = `${[file, schema].map(visibleLine).join('\n')}\n${nextOf(visibleLine(file), scenario)}`
  print(options, { written: [file, schema] }, text)
  return EXIT.ok
}
