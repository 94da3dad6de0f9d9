import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The directory of our package.json: beside the sources, or above the built bundle. */
export function packageDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'package.json'))) directory = dirname(directory)
  return directory
}

export function version(): string {
  const manifest = readFileSync(join(packageDirectory(), 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** What documents state of the program that wrote them. */
export const build = () => ({ version: version(), commit: commit() })

/** The commit of a checkout; null in an installed package. */
export function commit(): string | null {
  if (!existsSync(join(packageDirectory(), '.git'))) return null
  try {
    const options = { cwd: packageDirectory(), encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], options).trim()
  } catch {
    return null
  }
}
