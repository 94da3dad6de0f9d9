import { expect, test } from 'vitest'
import { EXIT, Failure } from '../../../scenarios/index.ts'
import { allocationFailure } from '../../folders/system-refusal.ts'
import { ChildEnded } from '../../process/child.ts'
import { type Simulates, simulateConfiguration } from './simulate-configuration.ts'
import { planSweep } from './sweep-plan.ts'

/** A pool of which every simulation fails alike. */
const failing = (error: unknown): Simulates => ({
  simulate: () => Promise.reject(error),
})

const { manifest } = await planSweep({ path: 'overload', set: ['seed=1..3'], replications: 1 })

const ranOut = allocationFailure(new RangeError('Array buffer allocation failed'))!

test.each([
  ['invalid', new Failure(['one', 'two'])],
  ['invalid', new Failure('no profile', EXIT.notComparable)],
  ['out_of_memory', new ChildEnded('a simulation', 'SIGKILL', '')],
  ['out_of_memory', new ChildEnded('a simulation', 'SIGABRT', '')],
  ['out_of_memory', new Failure(ranOut.problems, ranOut.exitCode)],
])('a configuration is %s by %s: its row has the reason', async (status, error) => {
  const row = await simulateConfiguration(failing(error), manifest, 2)
  const reason = error.problems.join('\n')
  expect(row).toEqual({
    configuration: 2,
    values: ['2'],
    status,
    reason,
    scenario: null,
    figures: null,
  })
})

test.each([
  ['an interruption', new Failure('interrupted', EXIT.interrupted)],
  ['an error of this program', new TypeError('undefined is not a function')],
  ['a process that ended by itself', new ChildEnded('a simulation', 'code 1', '')],
])('%s ends the sweep', async (_, error) => {
  await expect(simulateConfiguration(failing(error), manifest, 1)).rejects.toBe(error)
})
