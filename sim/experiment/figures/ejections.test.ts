import { expect, test } from 'vitest'
import { EjectionRecorder } from './ejections.ts'

const quiet = { panics: false }

test('times and counts begin at the end of the warm-up', () => {
  const recorder = new EjectionRecorder({ poolOf: [0, 0, 1], warmupMs: 10_000 })
  recorder.ejected(4000, { executor: 0, until: 34_000, reason: 'consecutive', ...quiet })
  recorder.ejected(20_000, { executor: 1, until: 50_000, reason: 'success-rate', ...quiet })
  recorder.ejected(34_000, { executor: 0, until: 34_000, reason: null, ...quiet })
  expect(recorder.summaries(60_000)).toEqual([
    {
      by: { consecutive: 0, 'success-rate': 1, 'failure-percentage': 0 },
      ejectedS: 24 + 30,
      panicS: 0,
      replicas: [
        { ejections: 0, ejectedS: 24 },
        { ejections: 1, ejectedS: 30 },
      ],
    },
    {
      by: { consecutive: 0, 'success-rate': 0, 'failure-percentage': 0 },
      ejectedS: 0,
      panicS: 0,
      replicas: [{ ejections: 0, ejectedS: 0 }],
    },
  ])
})

test('an ejection ends by itself, at the next change, or with the run', () => {
  const recorder = new EjectionRecorder({ poolOf: [0, 0, 0], warmupMs: 0 })
  recorder.ejected(0, { executor: 0, until: 5000, reason: 'consecutive', ...quiet })
  recorder.ejected(0, { executor: 1, until: 5000, reason: 'consecutive', ...quiet })
  recorder.ejected(2000, { executor: 1, until: 2000, reason: null, ...quiet })
  recorder.ejected(0, { executor: 2, until: Number.POSITIVE_INFINITY, reason: 'probe', ...quiet })
  expect(recorder.summaries(8000)[0]!.replicas).toEqual([
    { ejections: 1, ejectedS: 5 },
    { ejections: 1, ejectedS: 2 },
    // a probe that is under way is no ejection
    { ejections: 0, ejectedS: 8 },
  ])
})

test('a panic lasts from the change that begins it to the one that ends it', () => {
  const recorder = new EjectionRecorder({ poolOf: [0, 0], warmupMs: 1000 })
  const ejected = { until: 90_000, reason: 'consecutive' } as const
  recorder.ejected(500, { executor: 0, ...ejected, panics: true })
  recorder.ejected(2000, { executor: 1, ...ejected, panics: true })
  recorder.ejected(4000, { executor: 1, until: 4000, reason: null, panics: false })
  recorder.ejected(7000, { executor: 1, ...ejected, panics: true })
  expect(recorder.summaries(9000)[0]!.panicS).toBe(3 + 2)
})
