import { type Argument, Command, type Option } from 'commander'
import { commandNames, modules, purposes } from '../../runtime/command-table.ts'
import { cacheDirectory } from '../../runtime/folders/profile-paths.ts'
import { markdownTable } from '../markdown-table.ts'
import { code } from './schema-sections.ts'

/**
 * Every command as it is registered, each part of one after it. Help has the path of the cache on
 * this machine, and the page the usual one.
 */
export async function commandSections(): Promise<string> {
  const sections: string[] = []
  for (const name of commandNames) {
    const command = new Command(name).description(purposes[name])
    ;(await modules[name]()).define(command)
    sections.push(section(command, name))
    for (const part of command.commands) sections.push(section(part, `${name} ${part.name()}`))
  }
  return sections.join('\n\n').replaceAll(cacheDirectory(), '~/.cache/spillway')
}

function section(command: Command, name: string): string {
  const help = command.createHelp()
  const words = help.visibleArguments(command).map((argument) => help.argumentTerm(argument))
  const { commands } = command
  const usage = ['spillway', name, '[options]', ...words, ...(commands.length > 0 ? ['…'] : [])]
  return [
    `## ${name}`,
    `${sentence(command.description())}`,
    `\`\`\`text\n${usage.join(' ')}\n\`\`\``,
    ...argumentTable(help.visibleArguments(command)),
    ...optionTable(help.visibleOptions(command)),
    ...remarks(command),
  ].join('\n\n')
}

function argumentTable(all: readonly Argument[]): string[] {
  if (all.length === 0) return []
  const rows = all.map((argument) => [
    code(argument.name()),
    cell(withChoices(argument.description, argument)),
  ])
  return [markdownTable(['argument', 'meaning'], rows, 'll')]
}

function optionTable(all: readonly Option[]): string[] {
  const rows = all.map((option) => {
    const { defaultValue } = option
    const usual = defaultValue === undefined || defaultValue === false
    return [
      code(option.flags),
      usual ? '' : cell(code(defaultValue)),
      cell(withChoices(option.description, option)),
    ]
  })
  return [markdownTable(['option', 'default', 'meaning'], rows, 'lll')]
}

function withChoices(text: string, { argChoices = [] }: Argument | Option): string {
  return argChoices.length === 0 ? text : `${text}: ${argChoices.map(code).join(', ')}`
}

/** What follows the options in the help: rules, and examples. */
function remarks(command: Command): string[] {
  let whole = ''
  command.configureOutput({ writeOut: (text) => (whole += text) })
  command.outputHelp()
  const rest = whole.slice(command.helpInformation().length).trim()
  return rest === '' ? [] : [`\`\`\`text\n${rest}\n\`\`\``]
}

const sentence = (text: string) => (/[.?]$/.test(text) ? text : `${text}.`)
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
