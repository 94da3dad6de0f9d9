import { openSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { changed, DECLARED, TINY } from './scenarios.ts'
import { commandsIn, type Ended, expectRefusal, put, temporaryFolder } from './spillway.ts'

/** Commands with missing streams, paths or variables, and without a terminal. */

const folder = temporaryFolder()
const { start, run, runProcess } = commandsIn(folder)

/** Runs commands with other streams or variables, as a shell sets them. */
const shell = (script: string) =>
  commandsIn(folder, { under: ['/bin/sh', '-c', `${script} "$@"`, 'sh'] })

put(folder, 'tiny.yaml', TINY)
put(folder, 'declared.yaml', DECLARED)

describe('a closed or full stderr changes no exit code', () => {
  const closed = ['exec 2>&-; exec', 'exec 2>/dev/full; exec', 'exec 2</dev/null; exec']

  test.each(closed)('%s', async (script) => {
    const silent = shell(script)
    const [done, refused, mistyped] = await Promise.all([
      silent.run('requests', 'declared.yaml', '--json'),
      silent.run('simulate', 'nowhere.yaml'),
      silent.run('simulate', '--nothing'),
    ])
    expect(JSON.parse(done.stdout)).toHaveProperty('count')
    expect([done, refused, mistyped].map(({ code }) => code)).toEqual([0, 3, 2])
  })
})

describe('stdout', () => {
  test('that is closed or full is an error with its reason', async () => {
    const closed = await shell('exec 1</dev/null; exec').run('schema')
    expectRefusal(closed, 3, folder)
    expect(closed.stderr).toBe('error: stdout: cannot be written: it is not open for writing\n')
    const full = await start(['simulate', 'declared.yaml'], openSync('/dev/full', 'w')).ended
    expectRefusal(full, 3, folder)
    expect(full.stderr).toContain('stdout: cannot be written: the disk is full')
  })

  test('whose reader has left changes no exit code either, such as that of a missed SLO', async () => {
    const missed = changed(DECLARED, ['p(95) latency_ms < 60', 'p(50) latency_ms < 0.001'])
    put(folder, 'missed.yaml', missed)
    const codes: (number | null)[] = []
    for (const args of [
      ['simulate', 'missed.yaml'],
      ['requests', 'missed.yaml'],
      ['schema'],
      ['--help'],
    ]) {
      const { child, ended } = start(args)
      child.stdout!.destroy()
      const { code, stderr } = await ended
      expect(stderr).not.toContain('error')
      codes.push(code)
    }
    expect(codes).toEqual([4, 0, 0, 0])
  })
})

describe('paths', () => {
  test('that are empty, too long or circular links are refused with the reason', async () => {
    symlinkSync('loop', join(folder, 'loop'))
    put(folder, 'trace.csv', 'at\n0\n1\n3\n')
    const columns = ['--format', 'csv', '--columns', 'time=at', '--time-unit', 's']
    const places = [
      ['', 'the path is empty'],
      ['a'.repeat(300), 'the path is too long'],
      ['loop', 'its symbolic links lead in a circle'],
    ] as const
    for (const [out, reason] of places) {
      const ended: Promise<Ended>[] = []
      for (const args of [
        ['simulate', 'declared.yaml'],
        ['requests', 'declared.yaml'],
        ['calibrate', 'tiny.yaml'],
        ['models', 'build', 'mlp'],
        ['trace', 'inspect', 'trace.csv', ...columns],
        ['trace', 'fit', 'trace.csv', ...columns],
      ]) {
        ended.push(run(...args, '--out', out))
      }
      for (const refused of await Promise.all(ended)) {
        expectRefusal(refused, 3, folder)
        expect(refused.stderr).toContain(reason)
      }
    }
  })

  test('an empty SPILLWAY_CACHE is ignored', async () => {
    const unset = shell(`exec env SPILLWAY_CACHE= HOME='${folder}'`)
    const { stdout } = await unset.run('doctor', '--json')
    expect(JSON.parse(stdout).cache).toBe(join(folder, '.cache/spillway'))
  })
})

test('a terminal that hangs up ends a command as SIGTERM does', async () => {
  const long = start([
    'simulate',
    'declared.yaml',
    '--replications',
    '10000',
    '--set',
    'duration_s=1000',
  ])
  await long.prints(/simulating/)
  long.child.kill('SIGHUP')
  const ended = await long.ended
  expectRefusal(ended, 130, folder)
  expect(ended.stderr).toContain('stopped: interrupted')
})

test('--quiet prints no progress and no warnings, but errors', async () => {
  put(folder, 'noisy.yaml', DECLARED)
  const loud = await runProcess('simulate', 'noisy.yaml', '--replications', '2')
  expect(loud.stderr).toContain('simulating …')
  for (const flag of ['--quiet', '-q']) {
    const quiet = await runProcess('simulate', 'noisy.yaml', '--replications', '2', flag)
    expect(quiet).toMatchObject({ code: loud.code, stdout: loud.stdout, stderr: '' })
  }
  const refused = await run('simulate', 'nowhere.yaml', '--quiet')
  expect(refused.stderr).toContain('error: nowhere.yaml')
})
