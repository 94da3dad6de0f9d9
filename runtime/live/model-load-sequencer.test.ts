import { describe, expect, test } from 'vitest'
import { ModelLoadSequencer } from './model-load-sequencer.ts'

/** Four executors, the last on a separate device, and the orders that they received in sequence. */
function four() {
  const told: string[] = []
  const mailboxes = [0, 1, 2, 3].map((executor) => ({
    postOrder: (order: 'load' | 'unload') => told.push(`${order} ${executor}`),
  }))
  return { sequencer: new ModelLoadSequencer(mailboxes, Int32Array.of(0, 0, 0, 1)), told }
}

describe('a model load sequencer', () => {
  test('posts a load at once where no unload is pending', () => {
    const { sequencer, told } = four()
    sequencer.load(0)
    sequencer.load(3)
    expect(told).toEqual(['load 0', 'load 3'])
  })

  test('holds a load back until the last unload of its device, and of no other device, has ended', () => {
    const { sequencer, told } = four()
    sequencer.unload(0)
    sequencer.unload(1)
    sequencer.load(2)
    sequencer.load(3)
    sequencer.unloaded(0)
    expect(told).toEqual(['unload 0', 'unload 1', 'load 3'])
    sequencer.unloaded(1)
    expect(told).toEqual(['unload 0', 'unload 1', 'load 3', 'load 2'])
  })

  test('posts a load to an executor only after the unload of its model has ended', () => {
    const { sequencer, told } = four()
    sequencer.unload(0)
    sequencer.load(0)
    expect(told).toEqual(['unload 0'])
    sequencer.unloaded(0)
    expect(told).toEqual(['unload 0', 'load 0'])
  })

  test('lists models that were loaded without an error and not unloaded since', () => {
    const { sequencer } = four()
    for (const executor of [0, 1, 2]) sequencer.load(executor)
    sequencer.loaded(0, true)
    sequencer.loaded(1, false)
    sequencer.loaded(2, true)
    expect(sequencer.present).toEqual([0, 2])
    sequencer.unload(0)
    expect(sequencer.present).toEqual([2])
  })
})
