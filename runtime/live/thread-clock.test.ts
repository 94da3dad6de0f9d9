import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { STATUS } from '../../sim/serving/index.ts'
import { materialise } from '../models/index.ts'
import { withFolder } from '../models/reference.test-helper.ts'
import type { EngineOptions } from './engine.ts'
import { openLocalEngine } from './local-engine.ts'
import { Mailbox, mailboxMemory } from './mailbox.ts'
import { ThreadClock, threadClockFor } from './thread-clock.ts'

const lacking = !existsSync('/proc/thread-self/schedstat')

function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test.skipIf(lacking)('the clock of a thread goes on by no more than the wall clock', () => {
  const clock = ThreadClock.open()!
  for (const ms of [0.2, 1, 7]) {
    const [wall, from] = [performance.now(), clock.now()]
    spin(ms)
    const passed = clock.now() - from
    expect(passed).toBeGreaterThan(0)
    expect(passed).toBeLessThanOrEqual(performance.now() - wall)
  }
})

test.skipIf(lacking)('the clock of a thread stands still while the thread sleeps', () => {
  const clock = ThreadClock.open()!
  const [wall, from] = [performance.now(), clock.now()]
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  expect(performance.now() - wall).toBeGreaterThan(190)
  expect(clock.now() - from).toBeLessThan(100)
})

/** What is opened and run of a small net, with these options. */
const ranWith = (over: Partial<EngineOptions>) =>
  withFolder(async (folder) => {
    const model = { builtin: 'mlp', layers: 2, width: 64, seed: 1 } as const
    const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
    const session = { executionProvider: 'cpu', threads: 1 } as const
    const options = { file, session, warmUp: [[1, 1]], ...over } as const
    const engine = await openLocalEngine(options, process.hrtime.bigint())
    try {
      const run = await engine.run(1, 1, Int32Array.of(1), Uint32Array.of(1))
      expect(run.status).toBe(STATUS.ok)
      return { run, clock: threadClockFor(options) }
    } finally {
      await engine.close()
    }
  })

test.skipIf(lacking)(
  'a batch has its processor time where it is asked for, and one thread computes it',
  async () => {
    const asked = await ranWith({ processorTime: true })
    expect(asked.run.processorMs).toBeGreaterThan(0)
    expect(asked.clock).not.toBe(null)
    const session = { executionProvider: 'cpu', threads: 2 } as const
    for (const over of [{}, { processorTime: true, session }]) {
      const { run, clock } = await ranWith(over)
      expect(run.processorMs).toBe(undefined)
      expect(clock).toBe(null)
    }
  },
)

test('a mailbox passes the processor time on, and NaN where there is none', () => {
  const memory = mailboxMemory(1, new SharedArrayBuffer(4))
  const [dispatcher, executor] = [new Mailbox(memory), new Mailbox(memory)]
  executor.finish({ started: 1, ended: 2, status: STATUS.ok, processorMs: 0.75 })
  expect(dispatcher.processorMs).toBe(0.75)
  executor.finish({ started: 2, ended: 3, status: STATUS.ok })
  expect(dispatcher.processorMs).toBe(Number.NaN)
})
