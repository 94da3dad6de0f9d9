import { describe, expect, test } from 'vitest'
import type { EnvoyOutlierPlan } from './ejection-plan.ts'
import { EnvoyOutlier, successRateThreshold } from './envoy-outlier.ts'

/**
 * The rules of Envoy, each with its source: `proto` is api/envoy/config/cluster/v3/
 * outlier_detection.proto, `impl` source/common/upstream/outlier_detection_impl.cc, `docs`
 * docs/root/intro/arch_overview/upstream/outlier.rst, `panic` load_balancing/panic_threshold.rst.
 */

const DEFAULTS: EnvoyOutlierPlan = {
  policy: 'envoy-outlier',
  timeoutsCount: true,
  consecutive5xx: 5,
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectionPercent: 10,
  alwaysEjectOne: false,
  enforcesConsecutive5xx: true,
  successRate: { enforced: true, minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9 },
  failurePercentage: { enforced: false, minimumHosts: 5, requestVolume: 50, threshold: 85 },
  panicThresholdPercent: 50,
}

type Report = readonly [at: number, host: number, until: number, reason: string | null]

function detectorOf(hosts: number, changed: Partial<EnvoyOutlierPlan> = {}) {
  const reports: Report[] = []
  const detector = new EnvoyOutlier({ ...DEFAULTS, ...changed }, hosts, (...report) => {
    reports.push(report)
  })
  const end = (at: number, host: number, result: 'success' | 'failure', times = 1) => {
    for (let i = 0; i < times; i++) detector.ended(at, host, result)
    detector.advance(at)
  }
  return { detector, reports, end }
}

describe('failures in a row', () => {
  test('5 eject at once, for 30 s and up to the next analysis (proto, impl)', () => {
    const { reports, end, detector } = detectorOf(10)
    end(3000, 4, 'failure', 4)
    expect(reports).toEqual([])
    end(3001, 4, 'failure')
    // analyses are at multiples of 10 s: 33,001 is over at 40,000
    expect(reports).toEqual([[3001, 4, 40_000, 'consecutive']])
    detector.advance(39_999)
    expect(detector.closed[4]).toBe(1)
    detector.advance(40_000)
    expect(reports[1]).toEqual([40_000, 4, 40_000, null])
  })

  // BasicFlow5xx of outlier_detection_impl_test.cc: 500, 200, then four 500s do not eject
  test('a success starts the count anew (impl: consecutive_5xx_ = 0)', () => {
    const { reports, end } = detectorOf(10)
    end(0, 0, 'failure')
    end(0, 0, 'success')
    end(0, 0, 'failure', 4)
    expect(reports).toEqual([])
    end(0, 0, 'failure')
    expect(reports).toHaveLength(1)
  })

  test('the count starts anew when the replica is back (impl: unejectHost)', () => {
    const { reports, end } = detectorOf(10)
    end(0, 0, 'failure', 9)
    end(31_000, 0, 'failure', 4)
    expect(reports.map(([at]) => at)).toEqual([0, 30_000])
    end(31_000, 0, 'failure')
    expect(reports).toHaveLength(3)
  })

  test('at enforcing 0 they eject none (proto: enforcing_consecutive_5xx)', () => {
    const { reports, end } = detectorOf(10, { enforcesConsecutive5xx: false })
    end(0, 0, 'failure', 99)
    expect(reports).toEqual([])
  })
})

describe('the time of ejections', () => {
  /** Fails as soon as it is back, so many times; the lengths of its ejections in analyses. */
  function lengths(times: number, changed: Partial<EnvoyOutlierPlan> = {}) {
    const { reports, end, detector } = detectorOf(10, changed)
    let at = 0
    for (let i = 0; i < times; i++) {
      end(at, 0, 'failure', 5)
      at = reports.at(-1)![2]
      detector.advance(at)
    }
    return reports.filter(([, , , reason]) => reason).map(([from, , until]) => until - from)
  }

  test('is 30 s times the ejections in a row, and at most 300 s (docs, proto)', () => {
    expect(lengths(12).map((ms) => ms / 30_000)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10])
  })

  test('has one ejection less to count for each healthy interval (docs, impl)', () => {
    const { reports, end, detector } = detectorOf(10)
    end(0, 0, 'failure', 5)
    detector.advance(30_000)
    end(30_000, 0, 'failure', 5)
    // back at 90 s after its second ejection; the analysis at 100 s lowers the count from 2 to 1
    detector.advance(100_000)
    end(100_001, 0, 'failure', 5)
    expect(reports.at(-1)!.slice(2)).toEqual([170_000, 'consecutive'])
  })

  test('begins at 30 s again after as many intervals (docs)', () => {
    const { reports, end, detector } = detectorOf(10)
    end(0, 0, 'failure', 5)
    detector.advance(30_000)
    end(30_000, 0, 'failure', 5)
    detector.advance(110_000)
    end(110_001, 0, 'failure', 5)
    expect(reports.at(-1)![2]).toBe(150_000)
  })

  /** Two of three analyses find one replica of five worse than the others. */
  function byRate(intervalMs: number, baseEjectionMs: number, first: number) {
    const { reports, detector } = detectorOf(5, {
      intervalMs,
      baseEjectionMs,
      consecutive5xx: 1e6,
      maxEjectionPercent: 100,
    })
    const fail = (at: number) => {
      for (let host = 0; host < 5; host++) {
        for (let i = 0; i < 100; i++) detector.ended(at, host, host === 0 ? 'failure' : 'success')
      }
    }
    fail((first - 0.5) * intervalMs)
    detector.advance((first + 0.25) * intervalMs)
    const returnAt = reports[0]![2]
    detector.advance(returnAt)
    fail(returnAt + 0.5 * intervalMs)
    detector.advance(returnAt + 1.5 * intervalMs)
    const intervals = reports.filter(([, , , reason]) => reason !== null)
    return intervals.map(([from, , until]) => Math.round((until - from) / intervalMs))
  }

  // Envoy lowered it first until issue 26758, so that such ejections never became longer
  test('is longer for a replica that is found again at the next analysis (impl)', () => {
    expect(byRate(10_000, 30_000, 1)).toEqual([3, 6])
  })

  test('counts intervals, whatever multiples of one are in floating point', () => {
    // 3 · 100.3 − 2 · 100.3 is less than 100.3 by 1.4e-14
    expect(3 * 100.3 - 2 * 100.3).toBeLessThan(100.3)
    for (let first = 1; first <= 200; first++) {
      expect([first, ...byRate(100.3, 100.3, first)]).toEqual([first, 1, 2])
      expect([first, ...byRate(100.3, 300.9, first)]).toEqual([first, 3, 6])
    }
  })

  test('has one ejection less to count after each interval, whatever it is', () => {
    for (let k = 1; k <= 200; k++) {
      const interval = 100.3
      const { reports, detector, end } = detectorOf(10, {
        intervalMs: interval,
        baseEjectionMs: interval,
      })
      const at = (k + 0.5) * interval
      end(at, 0, 'failure', 5)
      const firstReturn = reports.at(-1)![2]
      // found at once after its return, and again after one analysis and one more
      detector.advance(firstReturn)
      end(firstReturn + 0.5 * interval, 0, 'failure', 5)
      const secondReturn = reports.at(-1)![2]
      detector.advance(secondReturn)
      detector.advance(secondReturn + 2.25 * interval)
      end(secondReturn + 2.5 * interval, 0, 'failure', 5)
      const [from, , until] = reports.at(-1)!
      expect([k, Math.ceil((until - from) / interval - 1e-9)]).toEqual([k, 2])
    }
  })

  test('is not longer than a longer base (impl: max with base_ejection_time)', () => {
    expect(lengths(3, { baseEjectionMs: 400_000, maxEjectionMs: 400_000 })).toEqual([
      400_000, 400_000, 400_000,
    ])
  })
})

describe('the share that may be ejected', () => {
  const ejected = (hosts: number, changed: Partial<EnvoyOutlierPlan> = {}) => {
    const { detector, end } = detectorOf(hosts, changed)
    for (let host = 0; host < hosts; host++) end(host, host, 'failure', 5)
    return detector.closed.reduce((sum, isClosed) => sum + isClosed, 0)
  }

  test('is 10 %, with the one that is to be ejected (impl: ejected_percent)', () => {
    expect([10, 19, 20, 29, 30].map((hosts) => ejected(hosts))).toEqual([1, 1, 2, 2, 3])
  })

  test('is none of fewer than 10 replicas, unless one always is (impl: always_eject_one_host)', () => {
    expect([2, 5, 9].map((hosts) => ejected(hosts))).toEqual([0, 0, 0])
    expect([2, 5, 9].map((hosts) => ejected(hosts, { alwaysEjectOne: true }))).toEqual([1, 1, 1])
  })

  test('is of those that are up: one that leaves makes way for another (impl: member update)', () => {
    const { detector, end, reports } = detectorOf(10)
    end(0, 0, 'failure', 5)
    end(1, 1, 'failure', 5)
    expect([...detector.closed].slice(0, 2)).toEqual([1, 0])
    detector.left(2, 0)
    expect(reports.at(-1)).toEqual([2, 0, 2, null])
    // 9 are up: 10 % are none
    end(3, 1, 'failure', 5)
    expect(detector.closed[1]).toBe(0)
    detector.joined(4, 0)
    end(5, 1, 'failure', 5)
    expect([...detector.closed].slice(0, 2)).toEqual([0, 1])
  })
})

test('of replicas that fail at one instant the first are ejected, in any order of events', () => {
  const { detector, reports } = detectorOf(10)
  for (const host of [7, 3, 5]) {
    for (let i = 0; i < 5; i++) detector.ended(1, host, 'failure')
  }
  detector.advance(1)
  expect(reports.map(([, host]) => host)).toEqual([3])
})

describe('success rates', () => {
  test('the example of the source: 50, 100, 100, 100, 100 have the threshold 52 at 1.9', () => {
    expect(successRateThreshold([50, 100, 100, 100, 100], 1.9)).toBeCloseTo(52, 10)
  })

  /** Each replica has so many requests, of which these succeed. */
  function ejectedBy(
    good: readonly number[],
    requests: number,
    changed: Partial<EnvoyOutlierPlan> = {},
  ) {
    const { detector, end, reports } = detectorOf(good.length, {
      maxEjectionPercent: 100,
      consecutive5xx: 1e6,
      ...changed,
    })
    for (const [host, successes] of good.entries()) {
      end(1, host, 'failure', requests - successes)
      end(1, host, 'success', successes)
    }
    detector.advance(10_000)
    return reports.map(([, host, , reason]) => `${host} ${reason}`)
  }

  test('eject what is below mean − 1.9 standard deviations (proto, impl)', () => {
    expect(ejectedBy([50, 100, 100, 100, 100], 100)).toEqual(['0 success-rate'])
    expect(ejectedBy([50, 50, 100, 100, 100], 100)).toEqual([])
  })

  test('need 5 replicas with 100 requests in the interval (proto)', () => {
    expect(ejectedBy([50, 100, 100, 100], 100)).toEqual([])
    expect(ejectedBy([49, 99, 99, 99, 99], 99)).toEqual([])
  })

  test('count the requests of one interval only (impl: updateCurrentWriter)', () => {
    const { detector, end, reports } = detectorOf(10, { consecutive5xx: 1e6 })
    for (const at of [1, 10_001]) {
      for (let host = 0; host < 10; host++) end(at, host, host === 0 ? 'failure' : 'success', 60)
    }
    detector.advance(20_000)
    expect(reports).toEqual([])
  })

  test('are off at enforcing 0', () => {
    const successRate = { ...DEFAULTS.successRate, enforced: false }
    expect(ejectedBy([50, 100, 100, 100, 100], 100, { successRate })).toEqual([])
  })

  const failurePercentage = { ...DEFAULTS.failurePercentage, enforced: true }
  const successRate = { ...DEFAULTS.successRate, enforced: false }
  const byPercentage = { failurePercentage, successRate }

  test('failure percentages eject from 85 % of 50 requests on, if they are enforced (proto)', () => {
    expect(ejectedBy([15, 16, 100, 100, 100], 100, byPercentage)).toEqual(['0 failure-percentage'])
    expect(ejectedBy([7, 50, 50, 50, 50], 50, byPercentage)).toEqual(['0 failure-percentage'])
    expect(ejectedBy([0, 49, 49, 49, 49], 49, byPercentage)).toEqual([])
    expect(ejectedBy([0, 50, 50, 50], 50, byPercentage)).toEqual([])
    expect(ejectedBy([15, 100, 100, 100, 100], 100, { successRate })).toEqual([])
  })
})

describe('a panic', () => {
  const ejecting = (share: number, threshold: number) => {
    const { detector, end } = detectorOf(10, {
      maxEjectionPercent: 100,
      panicThresholdPercent: threshold,
    })
    for (let host = 0; host < share; host++) end(host, host, 'failure', 5)
    return detector.panics
  }

  test('begins where less than 50 % take requests (panic)', () => {
    expect([4, 5, 6, 10].map((ejected) => ejecting(ejected, 50))).toEqual([
      false,
      false,
      true,
      true,
    ])
  })

  test('never begins at a threshold of 0 (panic)', () => {
    expect(ejecting(10, 0)).toBe(false)
  })

  test('is disregarded while 1.4 times those that take requests are all (panic: 72 % and 71 %)', () => {
    expect(ejecting(2, 100)).toBe(false)
    expect(ejecting(3, 100)).toBe(true)
  })
})
