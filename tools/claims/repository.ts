import { spawnSync } from 'node:child_process'
import { packageDirectory } from '../../runtime/version.ts'
import { INDIFFERENT } from './studies.ts'

/** What git tells of this checkout. Without git, or of an unknown commit, all of it is null. */

const ROOT = packageDirectory()

function git(...args: readonly string[]): string | null {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? stdout.trimEnd() : null
}

/** Pathspecs of what decides figures: without tests. */
const specs = (paths: readonly string[]) => [
  ...paths,
  ...INDIFFERENT.map((pattern) => `:(exclude)${pattern}`),
]

const linesOf = (text: string | null) =>
  text === null ? null : text.split('\n').filter((line) => line !== '')

/** The full hash of the commit that is checked out. */
export const headCommit = (): string | null => git('rev-parse', 'HEAD')

/** Files of these paths that differ from the commit that is checked out. */
export function uncommitted(paths: readonly string[]): readonly string[] | null {
  const lines = linesOf(
    git('status', '--porcelain', '--untracked-files=all', '--', ...specs(paths)),
  )
  // two letters of state and a space stand before each path
  return lines?.map((line) => line.slice(3)) ?? null
}

/** Whether a commit is part of the history of the one that is checked out. */
export const isAncestor = (commit: string) =>
  git('merge-base', '--is-ancestor', commit, 'HEAD') !== null

/** The number of commits after `commit` that touch these paths, and the files that they touch. */
export function commitsSince(
  commit: string,
  paths: readonly string[],
): { readonly commits: number; readonly files: readonly string[] } | null {
  const range = `${commit}..HEAD`
  const commits = git('rev-list', '--count', range, '--', ...specs(paths))
  const files = linesOf(git('diff', '--name-only', commit, 'HEAD', '--', ...specs(paths)))
  return commits === null || files === null ? null : { commits: Number(commits), files }
}
