import type { Command, Option } from 'commander'
import { acceleratorNames, EXIT, shippedNames } from '../../scenarios/light.ts'
import { out } from '../terminal.ts'
import { implement } from './command.ts'

const HELP = `
The script completes commands, options, the values of options that have a list, names of shipped scenarios and
accelerators, and files.

Examples:
  $ echo 'source <(spillway completion bash)' >> ~/.bashrc
  $ echo 'source <(spillway completion zsh)' >> ~/.zshrc
  $ spillway completion fish > ~/.config/fish/completions/spillway.fish`

/**
 * The script of each shell, from commander's own tree: the kept library for it asks the program at
 * each key, which takes a third of a second here, and then completes no file names.
 */
const SCRIPTS = {
  bash: bashScript,
  // compinit defines what bashcompinit needs, and both can be called again
  zsh: (program: Command) =>
    `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`,
  fish: fishScript,
} as const

type Shell = keyof typeof SCRIPTS

export function define(command: Command): void {
  const shells = Object.keys(SCRIPTS)
  const argument = command.createArgument('<shell>', 'the shell that reads it').choices(shells)
  implement(command.addArgument(argument), HELP, async () => async (_signal, shell: Shell) => {
    out(SCRIPTS[shell](command.parent!))
    return EXIT.ok
  })
}

interface Entry {
  /** names from the program to the command, such as `trace`, `fit` */
  readonly path: readonly string[]
  readonly command: Command
}

function entries(command: Command, path: readonly string[] = []): Entry[] {
  const inner = command.commands.map((subcommand) =>
    entries(subcommand, [...path, subcommand.name()]),
  )
  return [{ path, command }, ...inner.flat()]
}

const optionsOf = (command: Command) => command.createHelp().visibleOptions(command)
const takesScenario = ({ registeredArguments: [first] }: Command) =>
  ['scenario', 'what'].includes(first?.name() ?? '')
const takesName = ({ registeredArguments: [first] }: Command) => first?.name() === 'name'
const takesAccelerator = ({ registeredArguments: [first] }: Command) =>
  first?.name() === 'accelerator'
const takesValue = ({ required, optional }: Option) => required || optional

/** The words that may stand in place of the first argument. */
function argumentsOf(command: Command): readonly string[] {
  if (takesScenario(command) || takesName(command)) return shippedNames()
  if (takesAccelerator(command)) return acceleratorNames()
  return [
    ...command.commands.map((subcommand) => subcommand.name()),
    ...(command.registeredArguments[0]?.argChoices ?? []),
  ]
}

function bashScript(program: Command): string {
  const all = entries(program)
  const key = ({ path }: Entry, last = '') =>
    `'${[...path, last]
      .map((name) => ` ${name}`)
      .join('')
      .trimEnd()}'`
  const lines = (of: readonly string[]) => of.map((line) => `    ${line}\n`).join('')
  const commands = all.slice(1).map((entry) => key(entry))
  const values = all.flatMap((entry) =>
    optionsOf(entry.command)
      .filter(takesValue)
      .map(({ long, argChoices = [] }) => {
        const files = argChoices.length === 0 ? 1 : ''
        return `${key(entry, long)}) words='${argChoices.join(' ')}' files=${files} ;;`
      }),
  )
  const words = all.map((entry) => {
    const options = optionsOf(entry.command).map(({ long }) => long)
    const { commands: inner, registeredArguments } = entry.command
    const listed = inner.length > 0 || registeredArguments.some(({ argChoices }) => argChoices)
    const names = argumentsOf(entry.command).join(' ')
    return `${key(entry)}) options='${options.join(' ')}' words='${names}' files=${listed ? '' : 1} ;;`
  })
  return `_spillway() {
  local word="\${COMP_WORDS[COMP_CWORD]}" path='' options='' words='' files='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
      ${commands.join('|')}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path" in
${lines(words)}  esac
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${lines(values)}    *) [[ "$word" == -* ]] && words="$options" files='' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n "$files" ]]; then
    COMPREPLY+=($(compgen -f -- "$word"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _spillway spillway
`
}

const fishText = (text: string) => `'${text.replaceAll(/['\\]/g, '\\$&')}'`

function fishScript(program: Command): string {
  const all = entries(program)
  const lines = all.flatMap(({ path, command }) => {
    const conditions = path.map((name) => `__fish_seen_subcommand_from ${name}`)
    // `fit` is a command, and one of `trace`
    const others = all.filter((entry) => entry.path.length > 1 && entry.path.at(-1) === path[0])
    const outside = path.length === 1 ? others.map((entry) => entry.path[0]) : []
    conditions.push(...outside.map((name) => `not __fish_seen_subcommand_from ${name}`))
    const inner = command.commands.map((subcommand) => subcommand.name())
    const none = inner.length === 0 ? [] : [`not __fish_seen_subcommand_from ${inner.join(' ')}`]
    const here = fishText([...conditions, ...none].join('; and '))
    const start = `complete -c spillway -n ${here}`
    const commands = command.commands.map(
      (subcommand) =>
        `${start} -f -a ${subcommand.name()} -d ${fishText(subcommand.description())}`,
    )
    const words = argumentsOf(command).filter((word) => !inner.includes(word))
    const options = optionsOf(command).map((option) => {
      const short = option.short ? ` -s ${option.short.slice(1)}` : ''
      const choices = option.argChoices ? ` -x -a ${fishText(option.argChoices.join(' '))}` : ' -r'
      const value = takesValue(option) ? choices : ''
      return `${start} -l ${option.long!.slice(2)}${short}${value} -d ${fishText(option.description)}`
    })
    return [
      ...commands,
      ...(words.length > 0 ? [`${start} -a ${fishText(words.join(' '))}`] : []),
      ...options,
    ]
  })
  return `${lines.join('\n')}\n`
}
