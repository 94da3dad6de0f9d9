import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prepare } from '../runtime/jobs/prepare.ts'
import { resolveSystem, runReplication } from '../sim/experiment/index.ts'
import { madeUpProfile } from './profiles.ts'
import { ROOT } from './spillway.ts'

/** Conclusions of the library scenarios of an overload. */

async function simulated(name: string) {
  const prepared = await prepare(join(ROOT, `scenarios/library/${name}.yaml`), { set: [] })
  const input = resolveSystem(prepared, madeUpProfile(prepared.scenario))
  const { classes, pools, busyMs, wastedMs, requests } = runReplication(input, 0)
  const { good, counts } = classes[0]!
  const share = good / counts.arrived
  return { share, counts, shedBy: pools[0]!.shedBy, wasted: wastedMs[0]! / busyMs[0]!, requests }
}

test('FIFO serves almost no request in time in overload; either remedy serves nearly the capacity', async () => {
  const [inTurn, lifo, deadline] = await Promise.all(
    ['overload', 'overload-adaptive-lifo', 'overload-deadline'].map(simulated),
  )
  expect(new Set([inTurn, lifo, deadline].map((result) => result!.requests)).size).toBe(1)
  // 85 s at 75 a second, and 30 s at 75 and 100 more a second
  const capacity = (75 * 55 + 100 * 30) / (75 * 85 + 75 * 30)
  expect(inTurn!.share).toBeLessThan(0.25)
  expect(inTurn!.wasted).toBeGreaterThan(0.7)
  for (const cured of [lifo!, deadline!]) {
    expect(cured.share).toBeGreaterThan(0.93 * capacity)
    expect(cured.share).toBeLessThan(1.03 * capacity)
    expect(cured.wasted).toBeLessThan(0.08)
  }
  expect(lifo!.counts).toMatchObject({ shed: 0 })
  expect(deadline!.shedBy).toMatchObject({ deadline: deadline!.counts.shed, queue: 0 })
})
