import { expect, test } from 'vitest'
import { timeControlKernel } from './control-kernel.ts'

test('every repetition has a time, and the median is one of the middle', () => {
  const { ms, medianMs } = timeControlKernel(5)
  expect(ms.length).toBe(5)
  expect(ms.every((time) => time > 0)).toBe(true)
  expect(medianMs).toBe([...ms].sort((a, b) => a - b)[2])
})

test('the work is the whole product of two fixed matrices, however often it is repeated', () => {
  const side = 120
  let checksum = 0
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      let sum = 0
      for (let k = 0; k < side; k++) {
        const [left, right] = [row * side + k, column * side + k]
        sum += (((left * 7) % 11) - 5) * (((right * 5) % 13) - 6)
      }
      checksum += (row * side + column + 1) * sum
    }
  }
  expect(timeControlKernel(1).checksum).toBe(checksum)
  expect(timeControlKernel(4).checksum).toBe(checksum)
})
