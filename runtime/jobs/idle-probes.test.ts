import { describe, expect, test } from 'vitest'
import { madeUpProfile } from '../../test/profiles.ts'
import { changed, QUICK } from '../../test/scenarios.ts'
import { IDLE_MS } from '../live/idle-probes.ts'
import { probeShapes, probesOf } from './idle-probes.ts'
import type { ReplaySide } from './live-side.ts'
import { loadSystem } from './prepare.ts'
import { liveTraffic } from './requests.ts'

async function sideOf(...changes: readonly (readonly [string, string])[]): Promise<ReplaySide> {
  const text = changed(QUICK, ...changes)
  const profile = madeUpProfile(text)
  const system = await loadSystem({ file: 'quick.yaml', text, directory: '.' }, { profile })
  return { system, traffic: await liveTraffic(system, system.capacityRps) }
}

describe('what is probed', () => {
  test('is a single request and the usual batch, on the first executor of each pool', async () => {
    const shapes = probeShapes(await sideOf(['rate_rps: 300', 'rate_rps: 1200']))
    expect(shapes.map(({ executor, length }) => [executor, length])).toEqual([
      [0, 1],
      [0, 1],
    ])
    const [small, usual] = shapes
    expect(small).toMatchObject({ size: 1, idleMs: IDLE_MS })
    expect(usual!.size).toBeGreaterThan(1)
    expect(usual!.size).toBeLessThanOrEqual(4)
    // the work of the profile
    expect(small!.ms).toBeCloseTo(1.01, 9)
    expect(usual!.ms).toBeGreaterThan(small!.ms)
  })

  test('has the mean idle time of the traffic where executors are idle for long', async () => {
    const [small, ...others] = probeShapes(await sideOf(['rate_rps: 300', 'rate_rps: 100']))
    expect(others).toEqual([])
    expect(small!.idleMs.slice(0, -1)).toEqual(IDLE_MS)
    // about 10 ms between requests
    expect(small!.idleMs.at(-1)).toBeGreaterThan(5)
    expect(small!.idleMs.at(-1)).toBeLessThan(15)
  })

  test('is a single request where clients react, as their batches are not known', async () => {
    const thinking = '{ distribution: fixed, value: 0.005 }'
    const closed = `{ process: closed-loop, users: 3, think_time_s: ${thinking} }`
    const side = await sideOf(['{ process: poisson, rate_rps: 300 }', closed])
    expect(probeShapes(side).map(({ size }) => size)).toEqual([1])
  })

  test('is nothing where executors fail by a schedule, which would go on in a probe', async () => {
    const restart = 'restart_s: { distribution: fixed, value: 0.1 }'
    const crash = `failures: [{ kind: crash, pools: [central], at_s: [1], ${restart} }]`
    expect(probesOf(await sideOf(['pools:\n', `${crash}\npools:\n`]))).toBe(null)
    expect(probesOf(await sideOf())).not.toBe(null)
  })
})
