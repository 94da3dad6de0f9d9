import { describe, expect, test } from 'vitest'
import { BlockPlanner, hasPlace, patternKey } from './memory-pattern.ts'

/** Bytes of the block. A step above 0 allocates; another one frees the buffer of that number. */
function blockOf(steps: readonly number[]): number {
  const planner = new BlockPlanner()
  let buffer = 0
  for (const step of steps) {
    if (step > 0) planner.take(buffer++, step)
    else planner.free(-step)
  }
  return planner.plan(1, 1).bytes
}

describe('a block', () => {
  test('places simultaneous buffers side by side, each rounded up to 256 bytes', () => {
    expect(blockOf([1, 257, 512])).toBe(256 + 512 + 512)
  })

  test('reuses freed space, the tightest gap first', () => {
    // gaps of 1024 at 0 and of 512 at 1280, both between buffers: the second is tighter
    const steps = [1024, 256, 512, 256, -0, -2]
    expect(blockOf(steps)).toBe(2048)
    // 512 goes there, and 1024 into its old gap; first fit would need space at the end
    expect(blockOf([...steps, 512, 1024])).toBe(2048)
    expect(blockOf([...steps, 1024, 512])).toBe(2048)
    expect(blockOf([...steps, 512, 768, 512])).toBe(2560)
  })

  test('does not grow where its last buffer was freed', () => {
    expect(blockOf([256, 512, -1, 512, -2, 256])).toBe(768)
  })
})

test('a buffer is in the block only if its rounded size is that of the plan', () => {
  const planner = new BlockPlanner()
  planner.take(0, 300)
  planner.take(2, 100)
  const plan = planner.plan(1, 1)
  expect([300, 512, 257, 513, 256].map((bytes) => hasPlace(plan, 0, bytes))).toEqual([
    ...[true, true, true, false, false],
  ])
  expect(hasPlace(plan, 1, 100)).toBe(false)
})

test('inputs of equal sizes share one key for all shapes', () => {
  const inputs = [['batch', 'length']] as const
  expect(patternKey(inputs, 4, 64)).not.toBe(patternKey(inputs, 4, 72))
  // different shapes with the same key
  expect(patternKey(inputs, 4, 64)).toBe(patternKey(inputs, 64, 4))
  const two = [...inputs, ...inputs]
  expect([patternKey(two, 4, 64), patternKey(two, 1, 7)]).toEqual([0, 0])
  expect(patternKey([['batch', 3, 48, 'length']], 2, 320)).toBe(2 ^ 3 ^ 48 ^ 320)
})
