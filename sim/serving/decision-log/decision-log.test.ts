import { describe, expect, test } from 'vitest'
import { Failure } from '../../../scenarios/failure.ts'
import { planOf, requestsOf, serve } from '../../../test/small-system.ts'
import { STATUS } from '../ports.ts'
import { LOGGED, LoggingControlPlane, logEntries, logLines, parseLog } from './decision-log.ts'

const nobody = {
  onArrival() {},
  onTimer() {},
  onDone() {},
  onLoaded() {},
  onExecutor() {},
  onSteps() {},
  waiting: 0,
  onDelivered() {},
  onEnd() {},
}

test('a decision log has every event of a control plane in order', () => {
  const { journal } = serve({
    plan: planOf([{ batching: { policy: 'dynamic', maxBatch: 2, preferred: [], maxDelayMs: 2 } }]),
    requests: requestsOf([0, 1, 5]),
    work: [{ law: 'constant', ms: 3 }],
  })
  const { arrival, timer, done, end } = LOGGED
  const events = [
    [0, arrival, 0, 0, 0, 0],
    [1, arrival, 1, 0, 0, 0],
    [4, done, 0, 1, 4, STATUS.ok],
    [5, arrival, 2, 0, 0, 0],
    [5, end, 0, 0, 0, 0],
    [7, timer, 0, 0, 0, 0],
    [10, done, 0, 7, 10, STATUS.ok],
  ]
  expect(Array.from(journal)).toEqual(events.flat())
  const entries = [...logEntries(journal)]
  expect(entries.map(({ event }) => LOGGED[event])).toEqual(events.map(([, kind]) => kind))
  expect(entries.at(-1)).toEqual({
    now: 10,
    event: 'done',
    id: 0,
    started: 7,
    ended: 10,
    status: STATUS.ok,
  })
})

test('a logged control plane receives the same events', () => {
  const calls: unknown[] = []
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      calls.push([name, ...args])
  const journal = new LoggingControlPlane(
    {
      onArrival: note('arrival'),
      onTimer: note('timer'),
      onDone: note('done'),
      onLoaded: note('loaded'),
      onExecutor: note('executor'),
      onSteps: note('steps'),
      waiting: 0,
      onDelivered: note('delivered'),
      onEnd: note('end'),
    },
    { key: Uint32Array.of(70, 80) },
    [],
  )
  journal.onArrival(1, 1)
  journal.onTimer(2, 5)
  journal.onDone(3, 4, 2.5, 2.75, STATUS.died)
  journal.onSteps(3.5, 4, 7, 0.25, 0.75)
  journal.onLoaded(3.75, 2, true)
  journal.onDelivered(3.875, 0)
  journal.onEnd(4)
  expect(calls).toEqual([
    ['arrival', 1, 1],
    ['timer', 2, 5],
    ['done', 3, 4, 2.5, 2.75, STATUS.died],
    ['steps', 3.5, 4, 7, 0.25, 0.75],
    ['loaded', 3.75, 2, true],
    ['delivered', 3.875, 0],
    ['end', 4],
  ])
  const text = [...logLines(journal.entries())].join('').trimEnd()
  expect(text.split('\n').map((line) => JSON.parse(line))).toEqual([
    { now: 1, event: 'arrival', id: 80 },
    { now: 2, event: 'timer', id: 5 },
    { now: 3, event: 'done', id: 4, started: 2.5, ended: 2.75, status: STATUS.died },
    { now: 3.5, event: 'steps', id: 4, firstMs: 0.25, lastMs: 0.75, steps: 7 },
    { now: 3.75, event: 'loaded', id: 2, ok: true },
    { now: 3.875, event: 'delivered', id: 70 },
    { now: 4, event: 'end', id: 0 },
  ])
})

test('a decision log keeps its entries as it grows', () => {
  const journal = new LoggingControlPlane(nobody, { key: new Uint32Array(1) }, [])
  for (let i = 0; i < 5000; i++) journal.onTimer(i, i % 7)
  const entries = journal.entries()
  expect(entries).toHaveLength(30_000)
  for (let i = 0; i < 5000; i++) {
    expect([entries[6 * i], entries[6 * i + 2]]).toEqual([i, i % 7])
  }
})

describe('a decision log as text', () => {
  const journal = new LoggingControlPlane(nobody, { key: Uint32Array.of(2 ** 32 - 1) }, [])
  journal.onArrival(-0.1 - 0.2, 0)
  journal.onTimer(1e9 / 3, 249)
  journal.onDone(2 ** 40 + 2 ** -12, 7, 2 ** -40, 0.1, STATUS.outOfMemory)
  journal.onSteps(2 ** 41, 3, 2 ** 40, 1 / 3, 2 / 3)
  journal.onLoaded(2 ** 42, 0, true)
  journal.onLoaded(2 ** 43, 1, false)
  journal.onExecutor(2 ** 44, 2, 'draining')
  journal.onEnd(Number.MAX_SAFE_INTEGER)
  const entries = journal.entries()
  const lines = [...logLines(entries)].join('').split('\n')

  test('is parsed to the same bits', () => {
    expect(lines).toHaveLength(9)
    expect(parseLog(lines, 'journal.jsonl')).toEqual(entries)
    expect(parseLog([], 'journal.jsonl')).toHaveLength(0)
  })

  test.each([
    'no JSON',
    '{"now":1,"event":"timer"',
    'null',
    '7',
    '[]',
    '{"now":1,"event":"timer"}',
    '{"now":"1","event":"timer","id":0}',
    '{"now":null,"event":"timer","id":0}',
    '{"now":1,"event":"dune","id":0}',
    '{"now":1,"event":"done","id":0,"started":0,"ended":1}',
    '{"now":1,"event":"loaded","id":0}',
    '{"now":1,"event":"loaded","id":0,"ok":1}',
    '{"now":1,"event":"steps","id":0,"firstMs":0,"lastMs":1}',
  ])('is refused at the line that is no entry: %s', (bad) => {
    const words = `journal.jsonl:3: expected an entry of a decision log, got ${bad}`
    const read = () => parseLog(lines.with(2, bad), 'journal.jsonl')
    expect(read).toThrow(new Failure(words))
  })

  test('can have a million lines', () => {
    const manyLines = new Array<string>(1_000_000).fill(lines[2]!)
    const read = parseLog(manyLines, 'journal.jsonl')
    expect(read).toHaveLength(6 * manyLines.length)
    expect(read.at(-1)).toBe(STATUS.outOfMemory)
  })
})
