import { expect, test } from 'vitest'
import { scenarioOf } from '../../test/scenarios.ts'
import { doubtfulValues } from './doubtful-values.ts'

const scenario = (surge: object, ms: readonly number[]) =>
  scenarioOf({
    duration_s: 300,
    models: { scorer: { work: { law: 'table', sizes: [1, 8], ms } } },
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: 10, surges: [{ factor: 4, ...surge }] },
      },
    ],
    pools: [{ name: 'central', model: 'scorer' }],
  })

test('a surge whose peak the end of the traffic cuts is doubtful', () => {
  const cut = { at_s: 240, rise_s: 60, hold_s: 300 }
  expect(doubtfulValues(scenario(cut, [14, 44]))).toEqual([
    'traffic.web.arrivals.surges.0: its peak lasts until 600 s, but the traffic ends at duration_s 300; raise duration_s, or let the surge begin earlier',
  ])
  // its decay may be cut, and of surges that repeat the last one
  const decays = { at_s: 200, rise_s: 50, hold_s: 50, decay_s: 100 }
  expect(doubtfulValues(scenario(decays, [14, 44]))).toEqual([])
  expect(doubtfulValues(scenario({ ...cut, every_s: 1000 }, [14, 44]))).toEqual([])
})

test('a larger batch that takes less time is doubtful', () => {
  const within = { at_s: 10, hold_s: 5 }
  expect(doubtfulValues(scenario(within, [44, 14]))).toEqual([
    'models.scorer.work: a batch of 8 takes 14 ms, less than one of 1 (44 ms); check the order of sizes and ms',
  ])
})
