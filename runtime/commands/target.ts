import { type Command, InvalidArgumentError, Option } from 'commander'

const TEXT = 'the server of a pool, in short for --set pools.POOL.target.url=URL; may be repeated'

/** Adds `--target POOL=URL`, which overrides the scenario as `--set` does. */
export function withTargetOption(command: Command): Command {
  const option = new Option('--target <pool=url>', TEXT).argParser(targetOverride)
  return command.addOption(option).on('option:target', (text: string) => {
    const set: readonly string[] = command.getOptionValue('set') ?? []
    command.setOptionValue('set', [...set, targetOverride(text)])
  })
}

/** The override that a target is. */
export function targetOverride(text: string): string {
  const at = text.indexOf('=')
  const [pool, url] = [text.slice(0, at), text.slice(at + 1)]
  if (at > 0 && !/[.\s]/.test(pool) && URL.canParse(url)) return `pools.${pool}.target.url=${url}`
  throw new InvalidArgumentError(
    `Expected POOL=URL, such as central=http://127.0.0.1:8000, got ${text}.`,
  )
}
