import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { millisecondsOf } from './figure.ts'

const CLI = 'dist/cli.js'

/** How long the built command took in each round, s; null without a build, which is said. */
export function commandSeconds(
  args: readonly string[],
  { rounds, ended }: { readonly rounds: number; readonly ended: readonly number[] },
): number[] | null {
  if (!existsSync(CLI)) {
    console.error(`${CLI} is not built: no ${args[0]} (npm run build)`)
    return null
  }
  return Array.from({ length: rounds }, () => {
    const ms = millisecondsOf(() => {
      const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' })
      if (status === null || !ended.includes(status)) {
        throw new Error(`${args[0]} ended with ${status}: ${stderr}`)
      }
    })
    return ms / 1000
  })
}
