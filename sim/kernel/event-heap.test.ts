import { expect, test } from 'vitest'
import { EventHeap } from './event-heap.ts'

function drain(heap: EventHeap): [time: number, kind: number, slot: number][] {
  const events: [number, number, number][] = []
  while (heap.pop()) events.push([heap.time, heap.kind, heap.slot])
  return events
}

test('an empty heap has nothing to pop, and its next event is at Infinity', () => {
  const heap = new EventHeap()
  expect(heap.peek()).toBe(Number.POSITIVE_INFINITY)
  expect(heap.pop()).toBe(false)
  expect(heap.size).toBe(0)
})

test('events are popped in order of time', () => {
  const heap = new EventHeap()
  for (const time of [3, 1, 2.5, 0, 2]) heap.push(time, 0, time * 10)
  expect(heap.peek()).toBe(0)
  expect(drain(heap).map(([time]) => time)).toEqual([0, 1, 2, 2.5, 3])
})

test('at one instant the lower kind is first, in whatever order they were pushed', () => {
  const heap = new EventHeap()
  heap.push(5, 2, 20)
  heap.push(5, 0, 1)
  heap.push(5, 1, 10)
  expect(drain(heap)).toEqual([
    [5, 0, 1],
    [5, 1, 10],
    [5, 2, 20],
  ])
})

test('with equal time and kind the event that was pushed first is first', () => {
  const heap = new EventHeap()
  for (let slot = 0; slot < 100; slot++) heap.push(7, 1, slot)
  expect(drain(heap).map(([, , slot]) => slot)).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

test('pop shows the sequence number that push returned', () => {
  const heap = new EventHeap()
  const late = heap.push(2, 511, 0)
  const early = heap.push(1, 511, 0)
  expect(late).not.toBe(early)
  heap.pop()
  expect([heap.sequence, heap.kind]).toEqual([early, 511])
  heap.pop()
  expect([heap.sequence, heap.kind]).toEqual([late, 511])
})

test('a heap grows beyond its capacity and keeps its events', () => {
  const heap = new EventHeap(1)
  for (let i = 0; i < 1000; i++) heap.push((i * 7919) % 1000, 0, i)
  expect(heap.size).toBe(1000)
  expect(drain(heap).map(([time]) => time)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
})

test('the earliest event precedes another one by time, and at one instant by kind', () => {
  const heap = new EventHeap()
  expect(heap.precedes(Number.POSITIVE_INFINITY, 5)).toBe(false)
  heap.push(3, 4, 0)
  heap.push(7, 1, 0)
  expect(heap.precedes(2, 511)).toBe(false)
  expect(heap.precedes(4, 0)).toBe(true)
  expect([4, 5].map((kind) => heap.precedes(3, kind))).toEqual([false, true])
  expect(heap.precedes(Number.POSITIVE_INFINITY, 0)).toBe(true)
})
