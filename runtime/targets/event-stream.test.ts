import { expect, test } from 'vitest'
import { EventStream } from './event-stream.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const dataOf = (stream: EventStream, part: Uint8Array) => stream.push(part).map(({ data }) => data)

const TEXT =
  ': ping\r\n\r\ndata: {"text":"grüße 😀"}\n\nevent: error\ndata:no space\ndata: second\r\rid: 3\nretry: 9\n\ndata\r\n\ndata: [DONE]\n\n'
const EVENTS = [
  { kind: '', data: '{"text":"grüße 😀"}' },
  { kind: 'error', data: 'no space\nsecond' },
  { kind: '', data: '' },
  { kind: '', data: '[DONE]' },
]

test('events are the same wherever their parts end', () => {
  expect(new EventStream().push(bytes(TEXT))).toEqual(EVENTS)
  const whole = bytes(TEXT)
  for (let size = 1; size <= 7; size++) {
    const stream = new EventStream()
    const events = []
    for (let at = 0; at < whole.length; at += size) {
      events.push(...stream.push(whole.subarray(at, at + size)))
    }
    expect(events, `parts of ${size}`).toEqual(EVENTS)
  }
})

test('a mark of the byte order is skipped, and an event that has not ended does not come', () => {
  const stream = new EventStream()
  expect(dataOf(stream, bytes('\ufeffdata: a\n'))).toEqual([])
  expect(dataOf(stream, bytes('\n'))).toEqual(['a'])
})

test.each([
  ['a line', 'x'],
  ['lines of an event', 'data: 12345\n'],
  ['empty lines of an event', 'data\n'],
])('%s without an end are refused before they fill the memory', (_, text) => {
  const stream = new EventStream()
  const part = bytes(text.repeat(10_000))
  expect(() => {
    for (let i = 0; i < 1000; i++) stream.push(part)
  }).toThrow('an event has more than 1048576 characters')
})
