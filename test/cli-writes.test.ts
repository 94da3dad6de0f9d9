import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { madeUpProfile } from './profiles.ts'
import { DECLARED, TINY } from './scenarios.ts'
import { commandsIn, expectRefusal, filesIn, put, temporaryFolder } from './spillway.ts'

/** Output that cannot be written is reported before any work, and leaves nothing half done. */

const folder = temporaryFolder()
const { run, start } = commandsIn(folder)

put(folder, 'tiny.yaml', TINY)
put(folder, 'declared.yaml', DECLARED)
put(folder, 'full.json', JSON.stringify(madeUpProfile(TINY)))

const quick = (command: string) => (command === 'replay' ? ['--profile', 'full.json'] : [])

const unmounts: string[] = []
afterAll(() => {
  for (const path of unmounts) execFileSync('/bin/umount', [path])
})

test('--out below a file, or on a file, is refused before any work', async () => {
  put(folder, 'file', 'kept')
  for (const out of ['file', 'file/below']) {
    for (const command of ['simulate', 'requests', 'replay', 'calibrate', 'run']) {
      const scenario = command === 'simulate' || command === 'requests' ? 'declared' : 'tiny'
      const ended = await run(command, `${scenario}.yaml`, '--out', out, ...quick(command))
      expectRefusal(ended, 3, folder)
      expect(ended.stderr).toMatch(/error: file\S*: cannot be written: part of the path is a file/)
      expect(ended.stderr, command).not.toContain('…')
    }
  }
  expect(filesIn(folder)).toContain('file')
})

test('traces are not read if the output cannot be written', async () => {
  put(folder, 'file', 'kept')
  put(folder, 'trace.csv', 'at\n0\n1\n3\n')
  const columns = ['--format', 'csv', '--columns', 'time=at', '--time-unit', 's']
  for (const command of ['inspect', 'fit']) {
    const ended = await run('trace', command, 'trace.csv', ...columns, '--out', 'file')
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/error: file: cannot be written: part of the path is a file/)
    expect(ended.stderr, command).not.toContain('…')
  }
})

test('init keeps an existing file', async () => {
  put(folder, 'mine.yaml', 'mine')
  const ended = await run('init', 'mine.yaml')
  expectRefusal(ended, 3, folder)
  expect(ended.stderr).toMatch(/mine\.yaml: already exists/)
})

test('a full disk leaves no half-written file', async (context) => {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk], { stdio: 'pipe' })
  } catch {
    context.skip('a small file system can be mounted by root only')
  }
  unmounts.push(disk)
  writeFileSync(join(disk, 'filler'), new Uint8Array(40 * 1024))
  for (const args of [
    ['requests', 'declared.yaml', '--out', 'disk'],
    ['simulate', 'declared.yaml', '--replications', '2', '--out', 'disk'],
    ['models', 'build', 'mlp', '--out', 'disk'],
  ]) {
    const ended = await run(...args)
    expectRefusal(ended, 3, folder)
    expect(ended.stderr).toMatch(/disk\/\S+: cannot be written: the disk is full/)
    expect(filesIn(disk)).toEqual(['filler'])
  }
})

test('a full disk behind stdout is reported, and a reader that leaves early is no error', async () => {
  const full = await start(['schema'], openSync('/dev/full', 'w')).ended
  expectRefusal(full, 3, folder)
  expect(full.stderr).toContain('stdout: cannot be written: the disk is full')

  const requests = start(['requests', 'declared.yaml'])
  requests.child.stdout!.destroy()
  const left = await requests.ended
  expect(left).toMatchObject({ code: 0, stderr: '' })
})

test('a folder without permission is refused', async (context) => {
  if (process.getuid?.() === 0) context.skip('root may write anywhere')
  mkdirSync(join(folder, 'locked'))
  chmodSync(join(folder, 'locked'), 0o500)
  const ended = await run('simulate', 'declared.yaml', '--out', 'locked/out')
  expectRefusal(ended, 3, folder)
  expect(ended.stderr).toContain('permission denied')
})
