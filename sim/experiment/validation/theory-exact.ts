import { blocking, meanBatch, meanBatchWait, meanSojourn, meanWait } from './theory-figures.ts'
import type { TheoryCase, TheoryFigure } from './theory-judge.ts'
import { type TheoryScenario, theoryScenario } from './theory-scenario.ts'

/** `requests` arrivals every `gap` ms from `gap` on; each batch takes `service` ms. */
interface Timetable extends Partial<Omit<TheoryScenario, 'traffic' | 'work'>> {
  readonly model: string
  readonly gap: number
  readonly requests: number
  readonly service: number
  /** set-up time of an idle server, ms */
  readonly setUp?: number
  readonly figures: readonly TheoryFigure[]
}

function exact({ model, gap, requests, service, setUp, figures, ...rest }: Timetable): TheoryCase {
  return {
    model,
    exact: true,
    // half a gap more, so that the last arrival is before the end
    scenario: theoryScenario({
      name: model,
      traffic: [{ rate: 1 / gap, process: 'deterministic' }],
      requests: requests + 0.5,
      warmupMs: 0,
      work: { law: 'constant', ms: service, setup_ms: setUp },
      ...rest,
    }),
    figures,
  }
}

/** Timetables computed by hand: nothing in them is random. */
export function exactCases(): TheoryCase[] {
  return [
    exact({
      model: 'D/D/1, load 0.75',
      gap: 2,
      requests: 1000,
      service: 1.5,
      figures: [meanSojourn(1.5)],
    }),
    exact({
      // every request finds the server idle
      model: 'D/D/1 with set-up, load 0.5',
      gap: 2,
      requests: 1000,
      service: 1,
      setUp: 0.5,
      figures: [meanSojourn(1.5)],
    }),
    exact({
      // each request waits 1 ms longer than the one before it: 0 + 1 + ... + 999
      model: 'D/D/1, load 1.5',
      gap: 2,
      requests: 1000,
      service: 3,
      figures: [meanWait(499.5), meanSojourn(502.5)],
    }),
    exact({
      // two requests end every 3 ms, and three arrive: pair k waits k ms, 0 + 0 + 1 + 1 + ... + 499
      model: 'D/D/2, load 1.5',
      gap: 1,
      requests: 1000,
      service: 3,
      replicas: 2,
      figures: [meanWait(249.5)],
    }),
    exact({
      // one is served every 10 ms from 11 on, which admits another: requests 1, 2, 3, 11, 21, ...
      // 991 are admitted, 102 of 1000
      model: 'D/D/1/3, load 10',
      gap: 1,
      requests: 1000,
      service: 10,
      queue: { max_length: 2 },
      figures: [blocking(0.898)],
    }),
    exact({
      // while one is served for 2 ms, another arrives and times out after half a ms
      model: 'D/D/1 with time-outs, load 2',
      gap: 1,
      requests: 1000,
      service: 2,
      queue: { timeout_ms: 0.5 },
      figures: [blocking(0.5), meanSojourn(2)],
    }),
    exact({
      // the four arrive 3, 2, 1 and 0 ms before their dispatch; from the second batch on, the
      // executor is busy for the first of these ms: 3 + 2 + 1 + 0, then 2 + 2 + 1 + 0 each time
      model: 'Fixed batches of 4',
      gap: 1,
      requests: 1000,
      service: 2,
      batching: { policy: 'fixed', batch: 4 },
      figures: [meanWait(0.249), meanBatchWait(1.251), meanSojourn(3.5), meanBatch(4)],
    }),
    exact({
      model: 'Window of 4 ms, one request in it',
      gap: 10,
      requests: 1000,
      service: 3,
      batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 4 },
      figures: [meanBatchWait(4), meanSojourn(7), meanBatch(1)],
    }),
    exact({
      // five requests wait 4.5, 3.5, 2.5, 1.5 and .5 ms, and end before the next arrives
      model: 'Window of 4.5 ms, five requests in it',
      gap: 1,
      requests: 1000,
      service: 0.25,
      batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 4.5 },
      figures: [meanBatchWait(2.5), meanSojourn(2.75), meanBatch(5)],
    }),
    exact({
      // two requests reach a preferred size at once: they wait 1 and 0 ms
      model: 'Window of 4.5 ms, preferred batches of 2',
      gap: 1,
      requests: 1000,
      service: 0.25,
      batching: { policy: 'dynamic', max_batch: 8, preferred: [2], max_delay_ms: 4.5 },
      figures: [meanBatchWait(0.5), meanBatch(2)],
    }),
  ]
}
