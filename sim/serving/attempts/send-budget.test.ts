import { expect, test } from 'vitest'
import { SendBudget } from './send-budget.ts'

test('a budget of more digits than are exact still earns its ratio', () => {
  const budget = new SendBudget({ ratio: 1e-9, burst: 1e6 })
  for (let i = 0; i < 1e6; i++) budget.sent()
  expect(budget.allows).toBe(false)
  const smallBudget = new SendBudget({ ratio: 0.1 + 1e-15, burst: 1000 })
  for (let i = 0; i < 1000; i++) smallBudget.sent()
  for (let i = 0; i < 11; i++) smallBudget.called()
  expect(smallBudget.allows).toBe(true)
})
