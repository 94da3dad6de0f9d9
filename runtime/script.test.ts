import { expect, test } from 'vitest'
import { STATUS } from '../sim/serving/ports.ts'
import type { MailboxPort } from './live-port.ts'
import { Mailbox, mailboxMemory } from './mailbox.ts'
import { runScript, type ScriptItem } from './script.ts'

/**
 * Executors that take 2 ms for each member, 0.25 ms after they were told; the end is noticed 0.5 ms
 * later. The clock moves by sleeping only, and wakes halfway from every second sleep.
 */
function manual(count: number) {
  const signal = new SharedArrayBuffer(4)
  const memories = Array.from({ length: count }, () => mailboxMemory(8, signal))
  const mailboxes = memories.map((memory) => new Mailbox(memory))
  const executors = memories.map((memory) => new Mailbox(memory))
  const seen: { executor: number; lengths: number[]; keys: number[] }[] = []
  let now = 0
  let sleeps = 0
  let waiting = -1
  const port = {
    now: () => now,
    sleep(until: number) {
      if (until < Number.POSITIVE_INFINITY) {
        now = sleeps++ % 2 === 0 ? (now + until) / 2 : until
        return
      }
      const mailbox = executors[waiting]!
      const { size } = mailbox.receive()!
      seen.push({
        executor: waiting,
        lengths: Array.from(mailbox.lengths.subarray(0, size)),
        keys: Array.from(mailbox.keys.subarray(0, size)),
      })
      mailbox.finish(now + 0.25, now + 0.25 + 2 * size, STATUS.ok)
      now += 0.75 + 2 * size
    },
    takeFinished: () => mailboxes.findIndex((mailbox) => mailbox.takeFinished()),
    started: (executor: number) => mailboxes[executor]!.started,
    ended: (executor: number) => mailboxes[executor]!.ended,
  }
  const run = (items: ScriptItem[], progress: Int32Array) => {
    // one batch at a time: the next sleep without an end is for the executor of the next item
    const inTurn = items.map((item) => ({
      get executor() {
        waiting = item.executor
        return item.executor
      },
      size: item.size,
      length: item.length,
      gapMs: item.gapMs,
    }))
    return runScript(inTurn, port as unknown as MailboxPort, mailboxes, progress)
  }
  return { run, seen }
}

const item = (executor: number, size: number, length: number, gapMs: number): ScriptItem => ({
  executor,
  size,
  length,
  gapMs,
})

test('items run one after another, each its gap after its executor ended the last one', () => {
  const { run } = manual(2)
  const progress = new Int32Array(1)
  const rows = run(
    [item(0, 1, 8, 5), item(0, 2, 8, 10), item(1, 1, 8, 3), item(0, 1, 8, 0)],
    progress,
  )
  const times = rows.map(({ dispatched, started, ended, done }) => [
    dispatched,
    started,
    ended,
    done,
  ])
  expect(times).toEqual([
    [0, 0.25, 2.25, 2.75],
    [12.25, 12.5, 16.5, 17],
    [17, 17.25, 19.25, 19.75],
    [19.75, 20, 22, 22.5],
  ])
  // never less than was asked for; more where the executor had to wait for the others
  expect(rows.map(({ gap }) => gap)).toEqual([Number.NaN, 10, Number.NaN, 3.25])
  expect(progress[0]).toBe(4)
})

test('every member of a batch has the length of its item', () => {
  const { run, seen } = manual(1)
  run([item(0, 3, 40, 0), item(0, 1, 7, 0)], new Int32Array(1))
  expect(seen.map(({ executor, lengths }) => [executor, lengths])).toEqual([
    [0, [40, 40, 40]],
    [0, [7]],
  ])
  expect(new Set(seen[0]!.keys).size).toBe(3)
})
