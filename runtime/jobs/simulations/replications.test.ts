import { afterAll, expect, test } from 'vitest'
import { runReplication, simulationInput } from '../../../sim/experiment/index.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { runReplications } from './replications.ts'
import { closeSimulations } from './simulation-processes.ts'

afterAll(closeSimulations)

/** Users who are refused think and ask again: many events in little simulated time. */
const busy = (think: number) =>
  simulationInput(
    scenarioOf({
      duration_s: 0.5,
      traffic: [
        {
          class: 'web',
          arrivals: {
            process: 'closed-loop',
            users: 64,
            think_time_s: { distribution: 'fixed', value: think },
          },
        },
      ],
      pools: [{ name: 'central', model: 'm', queue: { max_length: 4 } }],
    }),
  )

test('a long replication reports shares of itself, and is the same for it', async () => {
  const input = busy(50e-6)
  const seen: number[] = []
  const [run] = await runReplications(input, 1, { onProgress: (done) => seen.push(done) })
  expect(seen[0]).toBe(0)
  expect(seen.at(-1)).toBe(1)
  const between = seen.slice(1, -1)
  expect(between.length).toBeGreaterThan(0)
  for (const share of between) {
    expect(share).toBeGreaterThan(0)
    expect(share).toBeLessThan(1)
  }
  expect(between).toEqual(between.toSorted((a, b) => a - b))
  expect(run).toEqual(runReplication(input, 0))
})

test('a run whose time stands still ends, and says what to change', async () => {
  const input = busy(0)
  await expect(runReplications(input, 1, {})).rejects.toThrow(
    /^at [\d.e-]+ s of the run 5,000,000 events happened at one instant: clients that are refused/,
  )
})

test('its message counts events that have all happened at that instant', () => {
  const looks: number[] = []
  const run = () => runReplication(busy(0), 0, (now) => looks.push(now))
  expect(run).toThrow('5,000,000 events happened at one instant')
  // from each look to the next, and from the last one to the error, there are 100,000 events
  const within = looks.filter((now) => now === looks.at(-1))
  expect(within.length * 100_000).toBeGreaterThanOrEqual(5_000_000)
})
