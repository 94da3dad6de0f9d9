import { type Command, InvalidArgumentError, Option } from 'commander'
import { collect, positiveNumber } from './command.ts'

const TEXT = 'the server of a pool, in short for --set pools.POOL.target.url=URL; may be repeated'

/** Adds `--target POOL=URL`, which overrides the scenario as `--set` does, and what may be sent. */
export function withTargetOptions(command: Command): Command {
  const option = new Option('--target <pool=url>', TEXT).argParser(targetOverride)
  return command
    .addOption(option)
    .on('option:target', (text: string) => {
      const set: readonly string[] = command.getOptionValue('set') ?? []
      command.setOptionValue('set', [...set, targetOverride(text)])
    })
    .option(
      '--allow-host <host>',
      'another machine whose server may be loaded, as HOST or HOST:PORT; needs both limits; may be repeated',
      collect,
    )
    .option('--max-rps <n>', 'send each server at most so many calls in any second', positiveNumber)
    .option('--max-seconds <s>', 'send servers nothing after so long; ends with 3', positiveNumber)
}

/** Adds when the calibration of a server stops. */
export const maxLatencyOption = () =>
  new Option(
    '--max-latency-ms <ms>',
    'stop the calibration of a server where an answer takes longer; an error stops it in any case',
  ).argParser(positiveNumber)

/** The override that a target is. */
export function targetOverride(text: string): string {
  const at = text.indexOf('=')
  const [pool, url] = [text.slice(0, at), text.slice(at + 1)]
  if (at > 0 && !/[.\s]/.test(pool) && URL.canParse(url)) return `pools.${pool}.target.url=${url}`
  throw new InvalidArgumentError(
    `Expected POOL=URL, such as central=http://127.0.0.1:8000, got ${text}.`,
  )
}
