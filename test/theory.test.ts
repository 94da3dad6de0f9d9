import { describe, expect, test } from 'vitest'
import {
  cappedAlike,
  judge,
  runReplication,
  simulateCase,
  simulationInput,
  type Theory,
  type TheoryCase,
  theoryCases,
  theoryRun,
} from '../sim/experiment/index.ts'

/** Few replications make a wrong deviation from theory too probable. */
const FEWEST = 6
const MOST = 10
/** Half-width of an interval, as a share of its figure; the judgement refuses 0.02. */
const PRECISE = 0.018
const cases = theoryCases()
const simulated = new Map<string, readonly (readonly number[])[]>()

/** A model is simulated once, by the first test that needs it. */
function valuesOf(model: string): readonly (readonly number[])[] {
  const values =
    simulated.get(model) ?? precise(cases.find((candidate) => candidate.model === model)!)
  simulated.set(model, values)
  return values
}

/**
 * Values of as many replications as make every figure as precise as the judgement asks, whatever
 * their mean. A distance from bounds needs them all.
 */
function precise(theoryCase: TheoryCase): number[][] {
  const values = simulateCase(theoryCase, FEWEST)
  const isVague = () =>
    theoryCase.figures.some((figure, i) => {
      const { halfWidth, estimate } = judge(theoryCase.model, figure, values[i]!)
      return typeof figure.theory !== 'number' || halfWidth > PRECISE * Math.abs(estimate)
    })
  for (let from = FEWEST; from < MOST && isVague(); from++) {
    for (const [i, further] of simulateCase(theoryCase, 1, from).entries()) {
      values[i]!.push(...further)
    }
  }
  return values
}

/**
 * The same theory 5 % too high and 5 % too low; for a bound, one that the estimate exceeds by 5 %.
 */
function wrong(theory: Theory, estimate: number): Theory[] {
  if (typeof theory === 'number') return [theory * 1.05, theory * 0.95]
  return [
    { ...theory, above: estimate * 1.05 },
    { ...theory, below: estimate * 0.95 },
  ]
}

describe.each(cases)('$model', ({ model, figures }) => {
  test.each(figures)('$name agrees with theory', (figure) => {
    const values = valuesOf(model)[figures.indexOf(figure)]!
    expect(judge(model, figure, values).problem).toBeNull()
  })

  test.each(figures)('negative control: a theory of $name that is 5 % wrong fails', (figure) => {
    const values = valuesOf(model)[figures.indexOf(figure)]!
    const { estimate } = judge(model, figure, values)
    for (const theory of wrong(figure.theory, estimate)) {
      expect(judge(model, { ...figure, theory }, values).problem).not.toBeNull()
    }
  })
})

describe('the judgement', () => {
  test('negative control: too short replications are refused as inconclusive', () => {
    const mm1 = cases[0]!
    const short = { ...mm1.scenario, duration_s: mm1.scenario.warmup_s + 1 }
    const [wait] = simulateCase({ ...mm1, scenario: short }, MOST)
    expect(judge(mm1.model, mm1.figures[0]!, wait!).problem).toMatch(/too vague/)
  })

  test('negative control: round robin is not accepted as the shortest queue', () => {
    const [wait] = valuesOf('Round robin over replicas, load 0.8')
    const shortest = cases.find(({ model }) => model === 'Least loaded replica, load 0.8')!
    expect(judge('', shortest.figures[0]!, wait!).problem).toMatch(/standard errors only/)
  })

  test('negative control: with a limit of sequences the distribution of the answers matters', () => {
    const alike = cappedAlike()
    const [sojourn] = simulateCase(alike, MOST)
    expect(judge('', alike.figures[0]!, sojourn!).problem).not.toBeNull()
  })

  test('negative control: one queue is not accepted as the shortest of two', () => {
    const [wait] = valuesOf('M/M/2, load 0.8')
    const shortest = cases.find(({ model }) => model === 'Least loaded replica, load 0.8')!
    expect(judge('', shortest.figures[0]!, wait!).problem).toMatch(/standard errors only/)
  })
})

test('a replication of a model is the one that a scenario would run', () => {
  for (const { scenario, exact } of cases) {
    const brief = exact ? scenario : { ...scenario, duration_s: scenario.warmup_s + 0.5 }
    const summary = runReplication(simulationInput(brief), 3)
    expect(theoryRun(brief, 3).summary).toEqual(summary)
  }
})
