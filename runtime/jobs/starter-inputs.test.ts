import { expect, test } from 'vitest'
import { statesOf } from './starter-inputs.ts'

type Shape = (number | string | null)[]
const value = (name: string, shape: Shape, type = 'float32') => ({ name, type, shape, rows: null })

test('each state continues an output of its own with the same type and a shape that fits', () => {
  const [h, c] = [value('h', [2, 1, 64]), value('c', [2, 1, 64])]
  const outputs = [value('y', [1, 64]), value('hn', [2, null, 64]), value('cn', [2, 'b', 64])]
  const inputs = [value('x', [2, 1, 64]), h, c]
  expect(statesOf({ inputs, outputs })).toEqual([
    { input: 'h', output: 'hn' },
    { input: 'c', output: 'cn' },
  ])
})

test('no output continues a state of another type, rank or size', () => {
  const inputs = [value('state', [2, null, 128])]
  for (const output of [
    value('y', [2, null, 64]),
    value('y', [2, 128]),
    value('y', [2, null, 128], 'float16'),
  ]) {
    expect(statesOf({ inputs, outputs: [output] })).toEqual([])
  }
})
