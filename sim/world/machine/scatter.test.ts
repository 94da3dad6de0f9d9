import { expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { accept } from '../../stats/index.ts'
import { type Residual, scatterOf } from './scatter.ts'
import { declaredSteps, declaredWork } from './work.ts'

const N = 500_000
const slow = { share: 0.02, factor: 5 }

/** Mean, coefficient of variation and share above a limit of many draws. */
function drawn(residual: Residual, above = Number.POSITIVE_INFINITY) {
  const scatter = scatterOf(residual)!
  const random = new Random('scatter')
  let [sum, squares, fourths, over] = [0, 0, 0, 0]
  for (let i = 0; i < N; i++) {
    const value = scatter(random)
    sum += value
    squares += (value - 1) ** 2
    fourths += (value - 1) ** 4
    if (value > above) over++
  }
  const variance = squares / N
  const errorOfVariance = Math.sqrt((fourths / N - variance ** 2) / N)
  return { mean: sum / N, variance, errorOfVariance, over: over / N }
}

function problem(name: string, estimate: number, standardError: number, theory: number) {
  return accept({ name, estimate, standardError, halfWidth95: 1.96 * standardError, theory })
    .problem
}

test.each<Residual>([{ cv: 0.3 }, { slow }, { cv: 0.1, slow }])('%o keeps the mean', (residual) => {
  const { mean, variance } = drawn(residual)
  expect(problem('mean', mean, Math.sqrt(variance / N), 1)).toBeNull()
})

test('the variance is that of a lognormal times two points', () => {
  const { variance, errorOfVariance } = drawn({ cv: 0.1, slow })
  const ofSlow = 1 + slow.share * (slow.factor - 1)
  const second = (1 + slow.share * (slow.factor ** 2 - 1)) / ofSlow ** 2
  const theory = (1 + 0.1 ** 2) * second - 1
  expect(problem('variance', variance, errorOfVariance, theory)).toBeNull()
  // negative control: without the slow ones it is another one
  const alone = drawn({ cv: 0.1 })
  expect(problem('variance', alone.variance, alone.errorOfVariance, theory)).not.toBeNull()
})

test('slow ones have their share and their factor', () => {
  const usualFactor = 1 / (1 + slow.share * (slow.factor - 1))
  const { over } = drawn({ slow }, 2 * usualFactor)
  // 2 % of the share: 2.45 million draws would be needed, so the error alone is tested
  const z = (over - slow.share) / Math.sqrt((slow.share * (1 - slow.share)) / N)
  expect(Math.abs(z)).toBeLessThanOrEqual(4)
  const scatter = scatterOf({ slow })!
  const random = new Random('two points')
  const values = new Set(Array.from({ length: 1000 }, () => scatter(random)))
  expect([...values].sort((a, b) => a - b)).toEqual([usualFactor, slow.factor * usualFactor])
})

test('nothing is drawn where nothing scatters', () => {
  expect(scatterOf({})).toBeNull()
  expect(scatterOf({ cv: 0 })).toBeNull()
})

test('laws of batches and of steps have one residual', () => {
  const random = () => new Random('laws')
  const residual = { cv: 0.2, slow }
  const linear = { base_ms: 10, per_item_ms: 0, per_token_ms: 0 }
  const batches = declaredWork({ law: 'linear', ...linear, ...residual })
  const steps = declaredSteps({
    law: 'generation',
    base_ms: 10,
    per_sequence_ms: 0,
    per_prefill_token_ms: 0,
    per_context_token_ms: 0,
    ...residual,
  })!
  const stream = random()
  const drawnSteps = Array.from({ length: 50 }, () => 10 * steps.scatter!(stream))
  const sameStream = random()
  expect(Array.from({ length: 50 }, () => batches.of(1, 1, sameStream))).toEqual(drawnSteps)
  expect(batches.mean(1, 1)).toBe(10)
})
