import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'

/**
 * The command of a study, `npm run SCRIPT`. `--help` prints its usage; an argument that it does not
 * have is refused with it. Each example is what stands after `npm run SCRIPT`, and what it does.
 */
export function studyCommand(
  script: string,
  description: string,
  examples: readonly (readonly [words: string, does: string])[],
): Command {
  const all = [...examples, ['-- --smoke', 'tries the study in seconds'] as const]
  const commands = all.map(([words, does]) => [`npm run ${script} ${words}`.trim(), does] as const)
  const width = Math.max(...commands.map(([command]) => command.length))
  const lines = commands.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`)
  return new Command(`npm run ${script} --`)
    .description(description)
    .option('--smoke', 'the same code with few data, in seconds; keeps no figure')
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
    .showHelpAfterError()
}

/**
 * Runs a study with few data in a folder that is removed afterwards, and prints what it did, as
 * `run` states it, and how long that took.
 */
export async function smokeRun(
  script: string,
  run: (folder: string) => Promise<string> | string,
): Promise<void> {
  const began = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'spillway-smoke-'))
  try {
    const did = await run(folder)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    process.stdout.write(`smoke run of ${script}: ${did}; ${seconds} s, no figure is kept\n`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
