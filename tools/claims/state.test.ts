import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { put, temporaryFolder } from '../../test/spillway.ts'
import { repositoryAt } from './repository.ts'
import { stateSince, stateText } from './state.ts'

/** A repository of its own, with `sim/a.ts` and `docs/page.md`. */
function checkout() {
  const folder = temporaryFolder()
  const git = (...args: readonly string[]) => {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org']
    return execFileSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8' }).trim()
  }
  const commit = (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) put(folder, path, text)
    git('add', '-A')
    git('commit', '-qm', 'change')
    return git('rev-parse', 'HEAD')
  }
  git('init', '-q')
  for (const name of ['sim', 'docs']) mkdirSync(join(folder, name))
  const first = commit({ 'sim/a.ts': '1\n', 'docs/page.md': 'text\n' })
  const state = (commit: string | null = first, changed = false) =>
    stateSince({ commit, changed }, ['sim'], repositoryAt(folder))
  return { folder, git, commit, first, state }
}

test('a record is current while commits touch only what it does not depend on, and tests', () => {
  const { commit, state } = checkout()
  expect(state()).toEqual({ kind: 'current' })
  commit({ 'docs/page.md': 'other\n', 'sim/a.test.ts': 'a test\n' })
  expect(state()).toEqual({ kind: 'current' })
})

test('it is stale since the commits that touch what it depends on', () => {
  const { commit, state } = checkout()
  commit({ 'sim/a.ts': '2\n' })
  commit({ 'docs/page.md': 'other\n' })
  const second = commit({ 'sim/a.ts': '3\n' })
  expect(state()).toEqual({ kind: 'stale', commits: 2, touched: ['sim'], edited: [] })
  expect(stateText(state())).toBe('stale since 2 commits that touch sim')
  expect(state(second)).toEqual({ kind: 'current' })
})

test('a change that is taken back makes nothing stale', () => {
  const { commit, state } = checkout()
  commit({ 'sim/a.ts': '2\n' })
  commit({ 'sim/a.ts': '1\n' })
  expect(state()).toEqual({ kind: 'current' })
})

test('files that differ now count, new ones too', () => {
  const { folder, state } = checkout()
  put(folder, 'sim/new.ts', 'new\n')
  expect(stateText(state())).toBe('stale since uncommitted changes in sim')
})

test('a record of a tree with changes is never current', () => {
  const { first, state } = checkout()
  expect(stateText(state(first, true))).toBe('recorded with uncommitted changes')
})

test('where the history does not have the commit, nothing is said of the record', () => {
  const { folder, state } = checkout()
  expect(stateText(state('0'.repeat(40)))).toMatch(/^unknown: .*shallow clone/)
  expect(stateText(state(null))).toBe('unknown: recorded without a commit')
  rmSync(join(folder, '.git'), { recursive: true })
  expect(stateText(state())).toBe('unknown: this is no checkout of git')
})
