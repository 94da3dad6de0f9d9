import { describe, expect, test } from 'vitest'
import { DECLARED, QUICK } from './scenarios.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/**
 * V8 aborts a process if one of its threads ends while its code is still being compiled in the
 * background (`ForIsolate: Assertion failed`). With slow compilation this is common: a simulation
 * whose threads ended with it aborted in five of eight runs.
 */

const folder = temporaryFolder()
const { run } = commandsIn(folder, { flags: ['--concurrent-recompilation-delay=30'] })
put(folder, 'declared.yaml', DECLARED)
put(folder, 'tiny.yaml', QUICK)

describe('no command aborts while V8 compiles slowly', () => {
  test.each([1, 2, 3, 4])('simulate, time %d', async (time) => {
    const args = ['--replications', '6', '--workers', '6', '--seed', `${time}`]
    const ended = await run('simulate', 'declared.yaml', ...args, '--json')
    expectExitBy(JSON.parse(ended.stdout), ended)
  })

  test('run', async () => {
    const quick = ['--seconds', '1', '--rehearsals', '1', '--replays', '1']
    const args = [...quick, '--replications', '10', '--out', 'out']
    const { code, stderr } = await run('run', 'tiny.yaml', ...args)
    expect(code, stderr).toBe(0)
  })
})
