import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { EXIT, Failure, scenarioJsonSchema, starterScenario } from '../../scenarios/index.ts'
import { documentText } from '../folders/documents.ts'
import { writeWhole } from '../folders/write-whole.ts'
import { implement, withJson } from './command.ts'
import { print } from './output.ts'

const HELP = `
Example:
  $ spillway init peak.yaml && spillway run peak.yaml`

export function define(command: Command): void {
  withJson(command.argument('[file]', 'the file to write', 'scenario.yaml'))
  implement(command, HELP, async (_signal, file: string, options: { json?: boolean }) => {
    if (existsSync(file)) throw new Failure(`${file}: already exists; choose another name`)
    const folder = dirname(file)
    if (!existsSync(folder)) throw new Failure(`${folder}: no such folder; create it first`)
    const schema = file.replace(/[^/]*$/, 'scenario.schema.json')
    await writeWhole(file, starterScenario())
    await writeWhole(schema, documentText(scenarioJsonSchema()))
    const text = `${file}\n${schema}\nNext: spillway run ${file}`
    print(options, { written: [file, schema] }, text)
    return EXIT.ok
  })
}
