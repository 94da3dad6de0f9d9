import { expect, test } from 'vitest'
import { type ControlPlanePort, STATUS } from '../../sim/serving/index.ts'
import { ExecutorFailures } from './executor-failures.ts'

/** Executor 0 is killed at 1 ms and may be up again at 3 ms. */
function killedAt1() {
  const calls: string[] = []
  const processes = {
    kill: (executor: number) => calls.push(`kill ${executor}`),
    restart: (executor: number) => calls.push(`restart ${executor}`),
  }
  const control = {
    onExecutor: (now: number, executor: number, state: string) =>
      calls.push(`${state} ${executor} at ${now}`),
    onDone: (now: number, executor: number, _started: number, _ended: number, status: number) =>
      calls.push(`done ${executor} at ${now}, status ${status}`),
  } as Partial<ControlPlanePort> as ControlPlanePort
  const failures = new ExecutorFailures(processes, [
    { at: 1, executor: 0, kind: 'crash' },
    { at: 1, executor: 0, kind: 'detected' },
    { at: 3, executor: 0, kind: 'up' },
  ])
  const handleAll = (now: number) => {
    while (failures.handle(now, control));
  }
  return { failures, control, calls, handleAll }
}

test('an idle executor is started again at once, and up when that is due', () => {
  const { failures, control, calls, handleAll } = killedAt1()
  handleAll(1)
  expect(calls).toEqual(['kill 0', 'restart 0', 'down 0 at 1'])
  failures.restarted(2, 0, control)
  handleAll(3)
  expect(calls.at(-1)).toBe('up 0 at 3')
  expect(failures.quiet).toBe(true)
})

test.each([
  ['takes its batch with it', STATUS.died],
  // which is known only after the kill
  ['has completed its batch', STATUS.ok],
])('a process that %s is started again, and not up before', (_, status) => {
  const { failures, control, calls, handleAll } = killedAt1()
  expect(failures.takes(0, 0)).toBe(true)
  handleAll(1)
  expect(calls).toEqual(['kill 0', 'down 0 at 1'])
  failures.batchEnded(1.5, 0, status, control)
  expect(calls.at(-1)).toBe('restart 0')
  expect(failures.quiet).toBe(false)
  handleAll(3)
  expect(calls.at(-1)).toBe('restart 0')
  failures.restarted(4, 0, control)
  expect(calls.slice(3)).toEqual(['up 0 at 4'])
})

test('a batch that is sent to a dead executor fails after a while, and nothing is killed or restarted', () => {
  const { failures, control, calls, handleAll } = killedAt1()
  handleAll(1)
  failures.restarted(1.5, 0, control)
  expect(failures.takes(2, 0)).toBe(false)
  handleAll(3)
  expect(calls.slice(3)).toEqual([`done 0 at 3, status ${STATUS.died}`, 'up 0 at 3'])
})
