import { expect, test, vi } from 'vitest'
import type { StepOrder } from './sequence-runner.ts'
import { StepMemory, stepMemory } from './step-memory.ts'

const LIMITS = { sequences: 3, context: 40 }

const join = (sequence: number, length: number) => ({
  ...({ kind: 'join', sequence, context: length, common: 16, reserved: length, most: 39 } as const),
  ids: Int32Array.from({ length }, (_, i) => 1000 * sequence + i),
})

const order = (of: Pick<StepOrder, 'operations' | 'steps' | 'decodes'>): StepOrder => {
  return { fresh: false, factor: 1, ...of }
}

function sides(): [dispatcher: StepMemory, executor: StepMemory] {
  const parts = stepMemory(LIMITS)
  return [new StepMemory(parts), new StepMemory(parts)]
}

test('a run arrives as it was posted, with the operations in their order', () => {
  const [dispatcher, executor] = sides()
  const posted: StepOrder = {
    ...{ fresh: true, factor: 2.5 },
    steps: 7,
    decodes: true,
    operations: [
      { kind: 'leave', sequence: 2, done: true },
      join(0, 40),
      { kind: 'chunk', sequence: 0, tokens: 12 },
      { kind: 'leave', sequence: 1, done: false },
      join(1, 3),
    ],
  }
  dispatcher.write(posted)
  expect(executor.read()).toEqual(posted)
  const empty = order({ operations: [], steps: 1, decodes: false })
  dispatcher.write(empty)
  expect(executor.read()).toEqual(empty)
})

test('what became of it comes back, whatever came before', () => {
  const [dispatcher, executor] = sides()
  const answers = Array.from({ length: 9 }, (_, i) => ({
    sequence: i % 3,
    token: i,
    margin: i / 8,
  }))
  executor.finish({ steps: 3, ends: [1.5, 2.25, 4], answers }, { used: 5, kept: 1, free: 2 })
  expect(dispatcher.run).toEqual({ steps: 3, ends: [1.5, 2.25, 4], answers })
  expect(dispatcher.counts).toEqual({ used: 5, kept: 1, free: 2 })
  executor.finish({ steps: 1, ends: [9], answers: [] }, { used: 0, kept: 6, free: 2 })
  expect(dispatcher.run).toEqual({ steps: 1, ends: [9], answers: [] })
})

test('the word that ends a run holds for that run', () => {
  const [dispatcher, executor] = sides()
  const long = order({ operations: [], steps: 100, decodes: true })
  dispatcher.write(long)
  expect(executor.yields).toBe(false)
  dispatcher.yieldAtStep()
  expect(executor.yields).toBe(true)
  dispatcher.write(long)
  expect(executor.yields).toBe(false)
})

test('an executor that ends a step while the dispatcher decides waits for what it says', () => {
  const [dispatcher, executor] = sides()
  dispatcher.write(order({ operations: [], steps: 100, decodes: true }))
  dispatcher.deciding = true
  const load = Atomics.load as (words: Int32Array, at: number) => number
  let looks = 0
  const looking = vi.spyOn(Atomics as { load: typeof load }, 'load')
  looking.mockImplementation((words, at) => {
    if (++looks === 5) {
      dispatcher.yieldAtStep()
      dispatcher.deciding = false
    }
    return load(words, at)
  })
  expect(executor.yields).toBe(true)
  looking.mockRestore()
})

test('a dispatcher that stalls while it decides does not hold an executor up', () => {
  const [dispatcher, executor] = sides()
  dispatcher.write(order({ operations: [], steps: 100, decodes: true }))
  dispatcher.deciding = true
  expect(executor.yields).toBe(false)
})

test('a run of more steps than there is room for has as many as there is', () => {
  const [dispatcher, executor] = sides()
  dispatcher.write(order({ operations: [], steps: 1e9, decodes: true }))
  expect(executor.read().steps).toBe(1024)
})

test('operations beyond the room are an error, and no memory of others is written', () => {
  const [dispatcher] = sides()
  const many = Array.from({ length: 20 }, () => join(0, 40))
  const full = order({ operations: many, steps: 1, decodes: true })
  expect(() => dispatcher.write(full)).toThrow(/room/)
})
