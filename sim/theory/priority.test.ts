import { expect, test } from 'vitest'
import { mg1MeanWait } from './mg1.ts'
import { mm1MeanSojourn } from './mm1.ts'
import { cobhamMeanWaits, conservedWait, preemptiveMeanSojourns } from './priority.ts'

/** The two classes of a published example. */
const exponential = (arrivalRate: number) => ({ arrivalRate, meanService: 1, secondMoment: 2 })

test("Cobham's waits of two classes of exponential service", () => {
  const waits = cobhamMeanWaits([exponential(0.3), exponential(0.5)])
  expect(waits[0]).toBeCloseTo(0.8 / 0.7, 12)
  expect(waits[1]).toBeCloseTo(0.8 / (0.7 * 0.2), 12)
})

test('one class waits as in M/G/1', () => {
  const single = { arrivalRate: 0.4, meanService: 1.5, secondMoment: 4 }
  expect(cobhamMeanWaits([single])[0]).toBeCloseTo(mg1MeanWait(single), 12)
})

test('every order of the classes conserves load times wait', () => {
  const classes = [
    { arrivalRate: 0.54, meanService: 0.5, secondMoment: 0.25 },
    { arrivalRate: 0.06, meanService: 5.5, secondMoment: 30.25 },
  ]
  for (const order of [classes, classes.toReversed()]) {
    const sum = cobhamMeanWaits(order).reduce(
      (total, wait, k) => total + order[k]!.arrivalRate * order[k]!.meanService * wait,
      0,
    )
    expect(sum).toBeCloseTo(conservedWait(classes), 12)
  }
})

test('preemption isolates the first class, and exponential service loses nothing by it', () => {
  const classes = [exponential(0.3), exponential(0.5)]
  const sojourns = preemptiveMeanSojourns(classes)
  expect(sojourns[0]).toBeCloseTo(mm1MeanSojourn({ arrivalRate: 0.3, serviceRate: 1 }), 12)
  // the mean number in the system is that without priorities
  const inSystem = 0.3 * sojourns[0]! + 0.5 * sojourns[1]!
  const plain = mm1MeanSojourn({ arrivalRate: 0.8, serviceRate: 1 })
  expect(inSystem).toBeCloseTo(0.8 * plain, 12)
})
