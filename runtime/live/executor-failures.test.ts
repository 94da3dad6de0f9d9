import { expect, test } from 'vitest'
import { stream } from '../../sim/kernel/index.ts'
import { type ControlPlanePort, STATUS } from '../../sim/serving/index.ts'
import type { ExecutorEvent } from '../../sim/world/index.ts'
import { ExecutorFailures } from './executor-failures.ts'

/** Executor 0 is killed at 1 ms and may be up again at 3 ms. */
const killedAt1 = () =>
  causing([
    { at: 1, executor: 0, kind: 'crash' },
    { at: 1, executor: 0, kind: 'detected' },
    { at: 3, executor: 0, kind: 'up' },
  ])

function causing(events: readonly ExecutorEvent[], registers = false) {
  const calls: string[] = []
  const processes = {
    kill: (executor: number) => calls.push(`kill ${executor}`),
    restart: (executor: number) => calls.push(`restart ${executor}`),
    yieldAtStep: (executor: number) => calls.push(`yield ${executor}`),
  }
  const control = {
    onExecutor: (now: number, executor: number, state: string) =>
      calls.push(`${state} ${executor} at ${now}`),
    onDone: (now: number, executor: number, _started: number, _ended: number, status: number) =>
      calls.push(`done ${executor} at ${now}, status ${status}`),
  } as Partial<ControlPlanePort> as ControlPlanePort
  const random = stream(1, 0, 'failures')
  const failures = new ExecutorFailures(processes, events, { random, registers: [registers] })
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
  ['with a state of its own: at its restart', true, ['down 0 at 3']],
  ['without one: never', false, []],
] as const)(
  'when a loss is known that nothing finds before the restart, of a process %s',
  (_, registers, known) => {
    const { failures, control, calls, handleAll } = causing(
      [
        { at: 1, executor: 0, kind: 'crash' },
        { at: 3, executor: 0, kind: 'up' },
        { at: 5, executor: 0, kind: 'crash' },
        { at: 6, executor: 0, kind: 'detected' },
        { at: 7, executor: 0, kind: 'up' },
      ],
      registers,
    )
    handleAll(1)
    failures.restarted(2, 0, control)
    handleAll(3)
    expect(calls).toEqual(['kill 0', 'restart 0', ...known, 'up 0 at 3'])
    calls.length = 0
    handleAll(5)
    failures.restarted(5.5, 0, control)
    handleAll(6)
    handleAll(7)
    expect(calls).toEqual(['kill 0', 'restart 0', 'down 0 at 6', 'up 0 at 7'])
  },
)

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

test('batches that begin while an executor is impaired are slower, or fail, and no others', () => {
  const { failures, control, calls, handleAll } = causing([
    { at: 1, executor: 0, kind: 'condition', factor: 4, share: 0 },
    { at: 3, executor: 0, kind: 'condition', factor: 1, share: 1, afterMs: 2 },
    { at: 5, executor: 0, kind: 'condition', factor: 1, share: 1 },
    { at: 7, executor: 0, kind: 'condition', factor: 1, share: 0 },
  ])
  const batchAt = (now: number) => {
    handleAll(now)
    expect(failures.takes(now, 0)).toBe(true)
    const impairment = failures.impairment(0)
    return [impairment, failures.batchEnded(now + 0.5, 0, STATUS.ok, control)]
  }
  expect(batchAt(0)).toEqual([null, STATUS.ok])
  expect(batchAt(1)).toEqual([{ factor: 4, afterMs: null }, STATUS.ok])
  expect(batchAt(3)).toEqual([{ factor: 1, afterMs: 2 }, STATUS.died])
  expect(batchAt(5)).toEqual([{ factor: 1, afterMs: null }, STATUS.died])
  expect(batchAt(7)).toEqual([null, STATUS.ok])
  // its process lives on, and so does its place in the routing
  expect(calls).toEqual(['yield 0', 'yield 0', 'yield 0', 'yield 0'])
})

test('of a share of the batches that fail, each is drawn', () => {
  const { failures, control, handleAll } = causing([
    { at: 0, executor: 0, kind: 'condition', factor: 1, share: 0.3 },
  ])
  handleAll(0)
  let failed = 0
  for (let i = 0; i < 1000; i++) {
    failures.takes(i, 0)
    failures.impairment(0)
    if (failures.batchEnded(i, 0, STATUS.ok, control) === STATUS.died) failed++
  }
  expect(Math.abs(failed - 300)).toBeLessThan(60)
})
