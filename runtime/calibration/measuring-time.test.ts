import { expect, test } from 'vitest'
import { MeasuringTime } from './measuring-time.ts'

/** A calibration of 1,000 ms on a clock that a test moves, and what was shown. */
function measuring() {
  let now = 500
  const shown: [string, number, number][] = []
  const time = new MeasuringTime(
    1000,
    (...progress) => void shown.push(progress),
    () => now,
  )
  const pass = (ms: number) => {
    now += ms
    time.show()
  }
  return { time, shown, pass }
}

test('the time runs from the first phase on, through all phases, and ends at 0', () => {
  const { time, shown, pass } = measuring()
  // models are being opened
  pass(700)
  expect(time.leftMs()).toBe(1000)
  time.begin('warming up')
  pass(300)
  expect(time.leftMs()).toBe(700)
  time.begin('single batches')
  pass(800)
  expect(time.leftMs()).toBe(0)
  expect(shown.slice(1)).toEqual([
    ['warming up', 0, 1000],
    ['warming up', 300, 1000],
    ['single batches', 300, 1000],
    ['single batches', 1000, 1000],
  ])
})

test('a phase that needs more than is left shows it, and gets no more time for others', () => {
  const { time, shown, pass } = measuring()
  time.begin('warming up')
  pass(400)
  time.begin('single batches', 500)
  time.begin('single batches', 2600)
  pass(1500)
  expect(shown.slice(-3)).toEqual([
    ['single batches', 400, 1000],
    ['single batches', 400, 3000],
    ['single batches', 1900, 3000],
  ])
  expect(time.leftMs()).toBe(0)
})
