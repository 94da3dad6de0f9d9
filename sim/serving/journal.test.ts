import { expect, test } from 'vitest'
import { planOf, requestsOf, serve } from '../../test/small-system.ts'
import { JOURNAL, JournalingControlPlane, journalLines } from './journal.ts'
import { STATUS } from './ports.ts'

const nobody = { onArrival() {}, onTimer() {}, onDone() {}, onEnd() {} }

test('a journal holds everything that a control plane was told, in its order', () => {
  const { journal } = serve({
    plan: planOf([
      { batching: { policy: 'dynamic', max_batch: 2, preferred: [], max_delay_ms: 2 } },
    ]),
    requests: requestsOf([0, 1, 5]),
    work: [{ law: 'constant', ms: 3 }],
  })
  const { arrival, timer, done, end } = JOURNAL
  const entries = Array.from({ length: journal.length / 6 }, (_, i) =>
    Array.from(journal.subarray(6 * i, 6 * i + 6)),
  )
  expect(entries).toEqual([
    [0, arrival, 0, 0, 0, 0],
    [1, arrival, 1, 0, 0, 0],
    [4, done, 0, 1, 4, STATUS.ok],
    [5, arrival, 2, 0, 0, 0],
    [5, end, 0, 0, 0, 0],
    [7, timer, 0, 0, 0, 0],
    [10, done, 0, 7, 10, STATUS.ok],
  ])
})

test('the control plane behind a journal is told the same', () => {
  const told: unknown[] = []
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      told.push([name, ...args])
  const journal = new JournalingControlPlane(
    {
      onArrival: note('arrival'),
      onTimer: note('timer'),
      onDone: note('done'),
      onEnd: note('end'),
    },
    { key: Uint32Array.of(70, 80) },
  )
  journal.onArrival(1, 1)
  journal.onTimer(2, 5)
  journal.onDone(3, 4, 2.5, 2.75, STATUS.died)
  journal.onEnd(4)
  expect(told).toEqual([
    ['arrival', 1, 1],
    ['timer', 2, 5],
    ['done', 3, 4, 2.5, 2.75, STATUS.died],
    ['end', 4],
  ])
  expect([...journalLines(journal.entries())].map((line) => JSON.parse(line))).toEqual([
    { now: 1, event: 'arrival', id: 80 },
    { now: 2, event: 'timer', id: 5 },
    { now: 3, event: 'done', id: 4, started: 2.5, ended: 2.75, status: STATUS.died },
    { now: 4, event: 'end', id: 0 },
  ])
})

test('a journal grows and keeps what it holds', () => {
  const journal = new JournalingControlPlane(nobody, { key: new Uint32Array(1) })
  for (let i = 0; i < 5000; i++) journal.onTimer(i, i % 7)
  const entries = journal.entries()
  expect(entries).toHaveLength(30_000)
  for (let i = 0; i < 5000; i++) {
    expect([entries[6 * i], entries[6 * i + 2]]).toEqual([i, i % 7])
  }
})
