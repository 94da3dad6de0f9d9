import { markdownTable } from '../markdown-table.ts'
import type { ScenarioExamples } from './scenario-examples.ts'
import { code, type JsonSchema, type Key, type Section, unitOf } from './schema-sections.ts'

/** Objects of a scenario: what may be written, and what holds without it. */
export function scenarioSections(sections: readonly Section[], examples: ScenarioExamples): string {
  const texts = sections.map((section) => {
    const rows = section.keys.map((key) => [
      code(key.name),
      withUnit(key),
      key.required ? 'required' : defaultText(key.schema),
      exampleText(key, examples.of(section.schema, key.name)),
      cell(key.schema.description ?? ''),
    ])
    const table = markdownTable(['key', 'value', 'default', 'example', 'meaning'], rows, 'lllll')
    return `${heading(section, 'The whole file')}\n\n${table}`
  })
  return texts.join('\n\n')
}

/** Objects of a document: what is always there. */
export function documentSections(sections: readonly Section[], title: string): string {
  const texts = sections.map((section) => {
    const rows = section.keys.map((key) => [
      code(key.name),
      withUnit(key),
      cell(key.schema.description ?? ''),
    ])
    return `${heading(section, title)}\n\n${markdownTable(['field', 'value', 'meaning'], rows, 'lll')}`
  })
  return texts.join('\n\n')
}

function heading({ anchor, path, kind, description, also }: Section, whole: string): string {
  const name = path === '' ? whole : code(path)
  const title = `## <a id="${anchor}"></a>${name}${kind === null ? '' : `, ${code(kind)}`}`
  const elsewhere = also.length === 0 ? [] : [`Also at ${also.map(code).join(', ')}.`]
  // an object of several places has a meaning in each, which stands at the key
  const meaning = description === null || also.length > 0 ? [] : [cell(description)]
  return [title, ...meaning, ...elsewhere].join('\n\n')
}

function withUnit({ name, type }: Key): string {
  const unit = /number/.test(type) ? unitOf(name) : null
  return cell(unit === null ? type : `${type}, in ${unit}`)
}

function defaultText({ default: value }: JsonSchema): string {
  if (value === undefined) return '–'
  return value === '' ? 'empty' : cell(code(value))
}

/** Longer ones are for the sections of their own keys. */
const LONGEST = 60

/** Empty for objects, which have sections of their own. */
export function exampleText({ schema }: Key, example: unknown): string {
  const { examples, enum: values, const: only, default: usual } = schema
  const usable = (value: unknown) =>
    value !== undefined && value !== '' && code(value).length <= LONGEST
  const value = [example, examples?.[0], values?.[0], only, usual, switchedOn(schema)].find(usable)
  return value === undefined ? '' : cell(code(value))
}

const switchedOn = ({ type }: JsonSchema) => (type === 'boolean' ? true : undefined)

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
