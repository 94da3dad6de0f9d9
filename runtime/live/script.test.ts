import { expect, test } from 'vitest'
import { STATUS } from '../../sim/serving/ports.ts'
import { SPIN_MS } from './live-port.ts'
import { Mailbox, mailboxMemory } from './mailbox.ts'
import { runScript, type ScriptItem } from './script.ts'

/** Wake-up cost of a sleeping dispatcher, ms; a dispatcher that is awake has none. */
const WOKEN_MS = 0.5

/** Notifies the executors at once of each posted order. */
class ToldMailbox extends Mailbox {
  told: () => void = () => {}

  override post(size: number, length: number): void {
    super.post(size, length)
    this.told()
  }
}

/**
 * Executors that take 2 ms for each request of a batch and start 0.25 ms after an order. The clock
 * advances only while the port sleeps, and every second sleep in which no order ends wakes halfway.
 */
function manual(count: number) {
  const signal = new SharedArrayBuffer(4)
  const memories = Array.from({ length: count }, () => mailboxMemory(8, signal))
  const mailboxes = memories.map((memory) => new ToldMailbox(memory))
  const seen: { executor: number; lengths: number[]; keys: number[] }[] = []
  const sleeps: { from: number; ms: number; working: boolean }[] = []
  let now = 0
  let waits = 0
  let running: { ended: number; finish: () => void } | null = null
  for (const [executor, mailbox] of mailboxes.entries()) {
    const executorEnd = new Mailbox(memories[executor]!)
    mailbox.told = () => {
      const { size } = executorEnd.receive()!
      const started = now + 0.25
      const ended = started + 2 * size
      seen.push({
        executor,
        lengths: Array.from(executorEnd.lengths.subarray(0, size)),
        keys: Array.from(executorEnd.keys.subarray(0, size)),
      })
      running = {
        ended,
        finish: () => executorEnd.finish({ started: started, ended: ended, status: STATUS.ok }),
      }
    }
  }
  const port = {
    now: () => now,
    sleep(until: number) {
      sleeps.push({ from: now, ms: until - now, working: running !== null })
      if (running !== null && running.ended <= until) {
        now = running.ended + (until === Number.POSITIVE_INFINITY ? WOKEN_MS : 0)
        running.finish()
        running = null
      } else now = running === null && waits++ % 2 === 0 ? (now + until) / 2 : until
    },
    takeFinished: () => mailboxes.findIndex((mailbox) => mailbox.takeFinished()),
    finished: (executor: number) => mailboxes[executor]!,
  }
  const run = (items: readonly ScriptItem[], progress = new Int32Array(1)) =>
    runScript(items, port, mailboxes, progress)
  return { run, seen, sleeps }
}

const item = (executor: number, size: number, length: number, gapMs: number): ScriptItem => ({
  executor,
  size,
  length,
  gapMs,
})

test('items run one after another, each with its gap after the last end of its executor', () => {
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
    // the next item has no gap, so the dispatcher stays awake until the end of this one
    [17, 17.25, 19.25, 19.25],
    [19.25, 19.5, 21.5, 22],
  ])
  // at least the requested gap; longer where the executor waited for other executors
  expect(rows.map(({ gap }) => gap)).toEqual([Number.NaN, 10, Number.NaN, 2.75])
  expect(progress[0]).toBe(4)
})

test('every request of a batch has the length of its item', () => {
  const { run, seen } = manual(1)
  run([item(0, 3, 40, 0), item(0, 1, 7, 0)])
  expect(seen.map(({ executor, lengths }) => [executor, lengths])).toEqual([
    [0, [40, 40, 40]],
    [0, [7]],
  ])
  expect(new Set(seen[0]!.keys).size).toBe(3)
})

test('batches without a gap follow at once; the dispatcher sleeps at the end of a series', () => {
  const { run } = manual(1)
  const rows = run([item(0, 1, 8, 0), item(0, 4, 8, 0), item(0, 2, 8, 0), item(0, 1, 8, 5)])
  expect(rows.map(({ gap }) => gap)).toEqual([Number.NaN, 0, 0, 5])
  expect(rows.map(({ ended, done }) => done - ended)).toEqual([0, 0, WOKEN_MS, WOKEN_MS])
})

test('the dispatcher sleeps without limit before a gap, and at most the spin time before no gap', () => {
  const { run, sleeps } = manual(1)
  const gaps = [1, 0, 3, 0, 0, 2]
  const rows = run(gaps.map((gapMs) => item(0, 3, 8, gapMs)))
  for (const [i, { dispatched, ended }] of rows.entries()) {
    const during = sleeps.filter(
      ({ from, working }) => working && from >= dispatched && from < ended,
    )
    const awake = gaps[i + 1] === 0
    if (awake) {
      expect(during.length).toBeGreaterThan(1)
      for (const { ms } of during) expect(ms).toBeLessThanOrEqual(SPIN_MS)
    } else expect(during.map(({ ms }) => ms)).toEqual([Number.POSITIVE_INFINITY])
  }
})
