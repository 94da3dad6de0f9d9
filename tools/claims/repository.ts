import { spawnSync } from 'node:child_process'
import { packageDirectory } from '../../runtime/version.ts'
import { INDIFFERENT } from './studies.ts'

/** What git tells of a checkout. Without git, or of a commit that is not there, null. */
export interface Repository {
  /** the full hash of the commit that is checked out */
  readonly headCommit: () => string | null
  /** files of these paths that differ from that commit */
  readonly uncommitted: (paths: readonly string[]) => readonly string[] | null
  /** whether a commit is part of the history of the one that is checked out */
  readonly isAncestor: (commit: string) => boolean
  /** the number of commits after one that touch these paths, and the files that differ */
  readonly commitsSince: (
    commit: string,
    paths: readonly string[],
  ) => { readonly commits: number; readonly files: readonly string[] } | null
}

/** Pathspecs of what decides figures. */
const specs = (paths: readonly string[]) => [
  ...paths,
  ...INDIFFERENT.map((pattern) => `:(exclude)${pattern}`),
]

/** The checkout of a folder; by default that of this file. */
export function repositoryAt(root = packageDirectory()): Repository {
  const git = (...args: readonly string[]): string | null => {
    const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
    return status === 0 ? stdout.trimEnd() : null
  }
  const lines = (...args: readonly string[]) =>
    git(...args)
      ?.split('\n')
      .filter((line) => line !== '') ?? null
  return {
    headCommit: () => git('rev-parse', 'HEAD'),
    uncommitted: (paths) => {
      const status = ['status', '--porcelain', '--untracked-files=all', '--no-renames']
      // two letters of state and a space stand before each path
      return lines(...status, '--', ...specs(paths))?.map((line) => line.slice(3)) ?? null
    },
    isAncestor: (commit) => git('merge-base', '--is-ancestor', commit, 'HEAD') !== null,
    commitsSince: (commit, paths) => {
      const range = `${commit}..HEAD`
      const commits = git('rev-list', '--count', range, '--', ...specs(paths))
      const differing = ['diff', '--name-only', '--no-renames', commit, 'HEAD']
      const files = lines(...differing, '--', ...specs(paths))
      return commits === null || files === null ? null : { commits: Number(commits), files }
    },
  }
}
