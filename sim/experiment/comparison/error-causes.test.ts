import { describe, expect, test } from 'vitest'
import { causesText } from './error-causes.ts'

const control = {
  pools: [
    { pool: 'front', profile_ms: 1, replays_ms: 1.02 },
    { pool: 'back', profile_ms: 1, replays_ms: 0.88 },
  ],
  unknown: null,
}
const NONE = { structure: 0, service_model: 0, drift: 0, noise: 0 }

describe('the causes of an error', () => {
  test('are the parts that add most to it at each percentile, the same ones together', () => {
    const rows = [
      { p: 0.5, split: { ...NONE, drift: 0.08, noise: -0.01 } },
      { p: 0.9, split: { ...NONE, drift: 0.09, service_model: 0.01 } },
      { p: 0.95, split: { ...NONE, noise: 0.2, drift: 0.09 } },
    ]
    expect(causesText(rows, control)).toBe(
      'at p50, p90: the machine is 12 % faster than when its profile was recorded ' +
        '(control kernel at pool back 0.88 against 1.00 ms); ' +
        'at p95: stalls and chance of these replays',
    )
  })

  test('are no part of the other sign, however large it is', () => {
    const split = { ...NONE, service_model: -0.3, noise: 0.2 }
    expect(causesText([{ p: 0.5, split }], control)).toBe("at p50: the profile's service times")
  })

  test('leave the machine open where its drift is not known', () => {
    const split = { ...NONE, service_model: -0.1, drift: null }
    const unknown = { ...control, unknown: 'not timed' }
    expect(causesText([{ p: 0.5, split }], unknown)).toBe(
      "at p50: the profile's service times or a change of the machine",
    )
  })

  test('are not named where there is no split', () => {
    expect(causesText([{ p: 0.5, split: null }], control)).toBe('')
  })
})
