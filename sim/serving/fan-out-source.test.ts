import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ListSource, partsOf, RequestList } from '../traffic/index.ts'
import { FanOutSource, inParts } from './fan-out-source.ts'
import { type Ms, OUTCOME, type Outcome, type Source } from './ports.ts'
import { Requests } from './requests.ts'

const { served, shed, cancelled } = OUTCOME

function listOf(at: readonly number[], classes: readonly number[]): RequestList {
  return RequestList.of({
    at: Float64Array.from(at),
    inputTokens: Int32Array.from(at, (_, i) => 10 + i),
    outputTokens: Int32Array.from(at, (_, i) => i % 3),
    class: Uint8Array.from(classes),
  })
}

type Settlement = [number: number, key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms]

/** A list that records the outcomes reported to its clients. */
class Listening implements Source {
  readonly reactsUntil = 1000
  readonly settlements: Settlement[] = []
  readonly #list: ListSource
  readonly take: Source['take']

  constructor(list: RequestList) {
    this.#list = new ListSource(list)
    this.take = (requests, slot) => this.#list.take(requests, slot)
  }

  peek(): Ms {
    return this.#list.peek()
  }

  settled(number: number, key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms): void {
    const pushbackArgs: [Ms?] = pushbackMs === undefined ? [] : [pushbackMs]
    this.settlements.push([number, key, outcome, now, ...pushbackArgs])
  }
}

function takeAll(source: Source): Requests {
  const requests = new Requests(64)
  for (let slot = 0; source.peek() < Number.POSITIVE_INFINITY; slot++) {
    const due = source.peek()
    expect(source.take(requests, slot)).toBe(true)
    expect(requests.at[slot]).toBe(due)
    requests.inUse = slot + 1
  }
  return requests
}

describe('requests with parts', () => {
  const classes = [{ fanOut: 3 }, { fanOut: 1 }]

  test('arrive as parts at one instant, each with its own key', () => {
    const list = listOf([2, 2, 5], [0, 1, 0])
    const {
      at,
      key,
      sendId: sending,
      part,
      class: numbers,
      inputTokens: length,
    } = takeAll(inParts(new ListSource(list), classes))
    expect([...at.slice(0, 7)]).toEqual([2, 2, 2, 2, 5, 5, 5])
    expect([...key.slice(0, 7)]).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect([...sending.slice(0, 7)]).toEqual([0, 0, 0, 1, 2, 2, 2])
    expect([...part.slice(0, 7)]).toEqual([0, 1, 2, 0, 0, 1, 2])
    expect([...numbers.slice(0, 7)]).toEqual([0, 0, 0, 1, 0, 0, 0])
    expect([...length.slice(0, 7)]).toEqual([10, 10, 10, 11, 12, 12, 12])
  })

  test('a source without fan-out is returned unchanged', () => {
    const source = new ListSource(listOf([1], [0]))
    expect(inParts(source, [{ fanOut: 1 }])).toBe(source)
  })

  test('parts of a list are those of its source', () => {
    const request = fc.record({ gap: fc.nat(3), class: fc.nat(2) })
    const fanOuts = fc.tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 4 })))
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), fanOuts, (drawnRequests, fanOut) => {
        let now = 0
        const list = listOf(
          drawnRequests.map(({ gap }) => (now += gap)),
          drawnRequests.map((request) => request.class),
        )
        const classes = fanOut.map((parts) => ({ fanOut: parts }))
        const requests = takeAll(new FanOutSource(new ListSource(list), classes))
        const parts = partsOf(list, classes)
        for (const name of [
          'at',
          'inputTokens',
          'outputTokens',
          'class',
          'sendId',
          'part',
        ] as const) {
          expect([...requests[name].subarray(0, requests.inUse)]).toEqual([...parts[name]])
        }
      }),
    )
  })

  test('end for their client with the last part, and are served if all parts are', () => {
    const source = new Listening(listOf([2, 2, 5], [0, 1, 0]))
    const parts = new FanOutSource(source, classes)
    takeAll(parts)
    parts.settled(0, 1, served, 3)
    parts.settled(1, 3, shed, 4)
    parts.settled(0, 0, served, 7)
    expect(source.settlements).toEqual([[1, 1, shed, 4]])
    parts.settled(0, 2, served, 8)
    parts.settled(0, 5, served, 9)
    parts.settled(0, 4, cancelled, 10)
    parts.settled(0, 6, shed, 11)
    expect(source.settlements.slice(1)).toEqual([
      [0, 0, served, 8],
      [0, 2, cancelled, 11],
    ])
  })

  test('the pushback is that of the first part without an answer', () => {
    const source = new Listening(listOf([2, 4], [0, 0]))
    const parts = new FanOutSource(source, classes)
    takeAll(parts)
    parts.settled(0, 0, shed, 3, 30)
    parts.settled(0, 1, shed, 4, 50)
    parts.settled(0, 2, served, 8)
    expect(source.settlements).toEqual([[0, 0, shed, 8, 30]])
  })

  test('only a part in flight can end', () => {
    const parts = new FanOutSource(new Listening(listOf([2], [0])), classes)
    expect(() => parts.settled(0, 0, served, 3)).toThrow('Expected part 0 to be in flight')
  })
})
