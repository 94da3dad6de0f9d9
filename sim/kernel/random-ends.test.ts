import { expect, test } from 'vitest'
import { Random } from './random.ts'

/** The generator's draws are multiples of 2^-32: these are the least and the largest. */
const ENDS = [0, 1 - 2 ** -32]

/** A stream that repeats given draws. */
class Scripted extends Random {
  readonly #draws: readonly number[]
  #next = 0

  constructor(draws: readonly number[]) {
    super('')
    this.#draws = draws
  }

  override uniform(): number {
    return this.#draws[this.#next++ % this.#draws.length]!
  }
}

const scripted = (...draws: number[]) => new Scripted(draws)

test('an exponential draw is finite and not below 0 at both ends', () => {
  const [least, most] = ENDS.map((u) => scripted(u).exponential())
  expect(least).toBeCloseTo(0, 15)
  expect(most).toBeCloseTo(32 * Math.LN2)
})

test('a whole number is below n at both ends', () => {
  expect(ENDS.map((u) => scripted(u).integer(10))).toEqual([0, 9])
})

test('the centre of the polar method, where the logarithm is infinite, is drawn again', () => {
  const random = scripted(0.5, 0.5, 0.75, 0.5)
  expect(random.normal()).toBeCloseTo(Math.sqrt(-2 * Math.log(0.25)))
})

test.each([0.01, 0.5, 1, 3])('a gamma draw of shape %s is finite where a draw is 0', (shape) => {
  const random = scripted(0, 0.3, 0.6, 0.45, 0)
  for (let i = 0; i < 100; i++) {
    const value = random.gamma(shape)
    expect(Number.isFinite(value) && value >= 0).toBe(true)
  }
})
