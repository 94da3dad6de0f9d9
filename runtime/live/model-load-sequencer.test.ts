import { describe, expect, test } from 'vitest'
import { ModelLoadSequencer } from './model-load-sequencer.ts'

/** Four executors, of which the last is on a device of its own; what they were told in turn. */
function four() {
  const told: string[] = []
  const mailboxes = [0, 1, 2, 3].map((executor) => ({
    postMove: (order: 'load' | 'unload') => told.push(`${order} ${executor}`),
  }))
  return { movers: new ModelLoadSequencer(mailboxes, Int32Array.of(0, 0, 0, 1)), told }
}

describe('movers', () => {
  test('tell of a load at once where nothing goes', () => {
    const { movers, told } = four()
    movers.load(0)
    movers.load(3)
    expect(told).toEqual(['load 0', 'load 3'])
  })

  test('hold a load back until the last of its device is gone, and of no other', () => {
    const { movers, told } = four()
    movers.unload(0)
    movers.unload(1)
    movers.load(2)
    movers.load(3)
    movers.went(0)
    expect(told).toEqual(['unload 0', 'unload 1', 'load 3'])
    movers.went(1)
    expect(told).toEqual(['unload 0', 'unload 1', 'load 3', 'load 2'])
  })

  test('never tell an executor to load what it has not yet let go', () => {
    const { movers, told } = four()
    movers.unload(0)
    movers.load(0)
    expect(told).toEqual(['unload 0'])
    movers.went(0)
    expect(told).toEqual(['unload 0', 'load 0'])
  })

  test('know who is there: whose load was well and who was not told to go', () => {
    const { movers } = four()
    for (const executor of [0, 1, 2]) movers.load(executor)
    movers.came(0, true)
    movers.came(1, false)
    movers.came(2, true)
    expect(movers.present).toEqual([0, 2])
    movers.unload(0)
    expect(movers.present).toEqual([2])
  })
})
