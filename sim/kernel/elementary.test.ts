import stdExp from '@stdlib/math-base-special-exp'
import stdLog from '@stdlib/math-base-special-ln'
import { expect, test } from 'vitest'
import { cos, exp, log, log1p, sin } from './elementary.ts'
import { stream } from './stream-watch.ts'

const random = stream(1, 0, 'elementary')
const values = Array.from({ length: 100_000 }, () => random.uniform())

test('exp and log have the digits of stdlib, whether or not Math computes them', () => {
  for (const u of values) {
    const x = 60 * u - 30
    if (exp(x) !== stdExp(x) || log(u) !== stdLog(u)) expect([x, u]).toBe('equal digits')
  }
})

test('all functions are within two units in the last place of Math', () => {
  const near = (a: number, b: number) => Math.abs(a - b) <= 2 ** -51 * Math.max(Math.abs(b), 1e-9)
  for (const u of values.slice(0, 10_000)) {
    const x = 6 * u - 3
    expect([
      near(exp(x), Math.exp(x)),
      near(log(u), Math.log(u)),
      near(log1p(-u / 2), Math.log1p(-u / 2)),
      near(sin(x), Math.sin(x)),
      near(cos(x), Math.cos(x)),
    ]).toEqual([true, true, true, true, true])
  }
})
