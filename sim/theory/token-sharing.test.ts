import { describe, expect, test } from 'vitest'
import { mm1MeanSojourn, mmcMeanSojourn } from './index.ts'
import { tokenSharingMeanSojourn } from './token-sharing.ts'

describe('mean sojourn of sequences that share steps', () => {
  const endless = { limit: Number.POSITIVE_INFINITY }

  test('step time proportional to the sequences: processor sharing, E[S] / (1 - rho)', () => {
    const model = { arrivalRate: 0.7, meanTokens: 100, base: 0, perSequence: 0.01, ...endless }
    expect(tokenSharingMeanSojourn(model)).toBeCloseTo(1 / 0.3, 10)
  })

  test('constant step time: no queueing', () => {
    const model = { arrivalRate: 3, meanTokens: 100, base: 0.02, perSequence: 0, ...endless }
    expect(tokenSharingMeanSojourn(model)).toBeCloseTo(2, 10)
  })

  test('with one slot: M/M/1; with several slots and constant step time: M/M/c', () => {
    const single = { arrivalRate: 0.8, meanTokens: 50, base: 0.02, perSequence: 0, limit: 1 }
    const two = { ...single, arrivalRate: 1.6, limit: 2 }
    const queue = { arrivalRate: 0.8, serviceRate: 1 }
    expect(tokenSharingMeanSojourn(single)).toBeCloseTo(mm1MeanSojourn(queue), 8)
    expect(tokenSharingMeanSojourn(two)).toBeCloseTo(
      mmcMeanSojourn({ arrivalRate: 1.6, serviceRate: 1, servers: 2 }),
      8,
    )
  })

  test('rejects more than it can serve', () => {
    const model = { arrivalRate: 1, meanTokens: 100, base: 0.5, perSequence: 0.01, limit: 8 }
    expect(() => tokenSharingMeanSojourn(model)).toThrow(/load/)
  })
})
