import { cobhamMeanWaits, conservedWait, type Mg1 } from '../../theory/index.ts'
import { meanWait } from './theory-figures.ts'
import type { TheoryCase, TheoryFigure } from './theory-judge.ts'
import { type TheoryModel, theoryCase } from './theory-scenario.ts'

/** Short and long requests, each of constant length; ms and requests/ms. */
const SHORT = { arrivalRate: 0.54, meanService: 0.5, secondMoment: 0.25 }
const LONG = { arrivalRate: 0.06, meanService: 5.5, secondMoment: 30.25 }

/** Kleinrock's law: load times mean wait, summed over the classes. */
const conserved: TheoryFigure = {
  name: 'sum of load times wait',
  theory: conservedWait([SHORT, LONG]),
  of: ({ summary }) =>
    [SHORT, LONG].reduce((sum, { arrivalRate, meanService }, k) => {
      return sum + arrivalRate * meanService * summary.classes[k]!.parts.queue.mean
    }, 0),
}

type Queue = NonNullable<TheoryModel['queue']>

/** The short requests are the first class with priority 1; the long ones have priority 2 or 1. */
function underOrder(model: string, queue: Queue, figures: readonly TheoryFigure[]): TheoryCase {
  const keyed = {
    ...(queue.discipline === 'priority' && { priority: [2, 1] }),
    ...(queue.discipline === 'earliest-deadline' && { deadline_ms: [40, 5] }),
  }
  const traffic = [SHORT, LONG].map(({ arrivalRate, meanService }, k) => ({
    rate: arrivalRate,
    input_tokens: { distribution: 'fixed', value: 10 * meanService } as const,
    ...Object.fromEntries(Object.entries(keyed).map(([key, values]) => [key, values[k]])),
  }))
  return theoryCase({
    model: `${model}, load 0.6`,
    traffic,
    requests: 200_000,
    work: { law: 'linear', base_ms: 0, per_token_ms: 0.1 },
    queue,
    figures,
  })
}

/** The waits of both classes; `order`: classes in the order of their priority. */
function waits(order: readonly Mg1[]): TheoryFigure[] {
  const values = cobhamMeanWaits(order)
  return [SHORT, LONG].map((length, k) => meanWait(values[order.indexOf(length)]!, k))
}

/** Queue disciplines: their waits where known, otherwise only Kleinrock's conservation law. */
export function disciplineCases(): TheoryCase[] {
  const only = [conserved]
  return [
    underOrder('Long requests first (Cobham)', { discipline: 'priority' }, [
      ...waits([LONG, SHORT]),
      conserved,
    ]),
    underOrder('Shortest job first (Cobham)', { discipline: 'shortest-job' }, [
      ...waits([SHORT, LONG]),
      conserved,
    ]),
    underOrder('Priority with ageing', { discipline: 'priority', ageing_ms: 8 }, only),
    underOrder('Last in, first out', { discipline: 'lifo' }, [
      meanWait(conservedWait([SHORT, LONG]) / 0.6),
      conserved,
    ]),
    underOrder('Earliest deadline first', { discipline: 'earliest-deadline' }, only),
    underOrder('Deficit round robin', { discipline: 'deficit-round-robin', quantum: 55 }, only),
    underOrder('Virtual token counter', { discipline: 'virtual-token-counter' }, only),
  ]
}
