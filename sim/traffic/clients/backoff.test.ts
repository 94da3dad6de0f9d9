import { expect, test } from 'vitest'
import { RetryBudget } from './backoff.ts'

test('a budget of more digits than are exact still earns its ratio', () => {
  const budget = new RetryBudget({ ratio: 1e-9, burst: 1e6 })
  for (let i = 0; i < 1e6; i++) budget.retried()
  expect(budget.allowsRetry).toBe(false)
  const few = new RetryBudget({ ratio: 0.1 + 1e-15, burst: 1000 })
  for (let i = 0; i < 1000; i++) few.retried()
  for (let i = 0; i < 11; i++) few.called()
  expect(few.allowsRetry).toBe(true)
})
