import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What documents state of the program that wrote them. */
export interface Build {
  readonly version: string
  /** of the sources, with `-dirty` where they had changes; null where they are in no checkout */
  readonly commit: string | null
}

/** Written into bundles by tools/build.ts, so that no command reads files or runs git for it. */
declare const SPILLWAY_BUILD: Build | undefined

let cached = typeof SPILLWAY_BUILD === 'undefined' ? null : SPILLWAY_BUILD

/** What documents state of this program. */
export function build(): Build {
  cached ??= { version: sourceVersion(), commit: sourceCommit() }
  return cached
}

export const version = () => build().version

/** The directory of our package.json: beside the sources, or above the built bundle. */
export function packageDirectory(): string {
  const start = dirname(fileURLToPath(import.meta.url))
  let directory = start
  while (!existsSync(join(directory, 'package.json'))) {
    const above = dirname(directory)
    if (above === directory) throw new Error(`no package.json in ${start} or above it`)
    directory = above
  }
  return directory
}

function sourceVersion(): string {
  const manifest = readFileSync(join(packageDirectory(), 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** The commit of the checkout; null where there is none, or no git. */
function sourceCommit(): string | null {
  if (!existsSync(join(packageDirectory(), '.git'))) return null
  const options = { cwd: packageDirectory(), encoding: 'utf8', stdio: 'pipe' } as const
  // not imported: a bundle never runs git, and Node's network would be loaded with it
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  try {
    // no tag, whatever tags there are
    const described = ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*']
    return execFileSync('git', described, options).trim()
  } catch {
    return null
  }
}
