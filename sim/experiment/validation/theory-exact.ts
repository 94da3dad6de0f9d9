import { blocking, meanBatch, meanBatchWait, meanSojourn, meanWait } from './theory-figures.ts'
import type { TheoryCase, TheoryFigure } from './theory-judge.ts'
import { type TheoryModel, theoryCase } from './theory-scenario.ts'

/** 1000 arrivals every `gap` ms from `gap` on; each batch takes `service` ms. */
interface Timetable extends Partial<Omit<TheoryModel, 'traffic' | 'work' | 'requests'>> {
  readonly model: string
  readonly gap: number
  readonly service: number
  /** set-up time of an idle server, ms */
  readonly setUp?: number
  readonly figures: readonly TheoryFigure[]
}

const timetable = ({ gap, service, setUp, ...rest }: Timetable): TheoryCase =>
  theoryCase({
    exact: true,
    traffic: [{ rate: 1 / gap, process: 'deterministic' }],
    // half a gap more, so that the last arrival is before the end
    requests: 1000.5,
    warmupMs: 0,
    work: { law: 'constant', ms: service, setup_ms: setUp },
    ...rest,
  })

/** Timetables computed by hand: nothing in them is random. */
export function exactCases(): TheoryCase[] {
  return [
    timetable({
      model: 'D/D/1, load 0.75',
      gap: 2,
      service: 1.5,
      figures: [meanSojourn(1.5)],
    }),
    timetable({
      // every request finds the server idle
      model: 'D/D/1 with set-up, load 0.5',
      gap: 2,
      service: 1,
      setUp: 0.5,
      figures: [meanSojourn(1.5)],
    }),
    timetable({
      // each request waits 1 ms longer than the one before it: 0 + 1 + ... + 999
      model: 'D/D/1, load 1.5',
      gap: 2,
      service: 3,
      figures: [meanWait(499.5), meanSojourn(502.5)],
    }),
    timetable({
      // two requests end every 3 ms, and three arrive: pair k waits k ms, 0 + 0 + 1 + 1 + ... + 499
      model: 'D/D/2, load 1.5',
      gap: 1,
      service: 3,
      replicas: 2,
      figures: [meanWait(249.5)],
    }),
    timetable({
      // one is served every 10 ms from 11 on, which admits another: requests 1, 2, 3, 11, 21, ...
      // 991 are admitted, 102 of 1000
      model: 'D/D/1/3, load 10',
      gap: 1,
      service: 10,
      queue: { max_length: 2 },
      figures: [blocking(0.898)],
    }),
    timetable({
      // while one is served for 2 ms, another arrives and times out after half a ms
      model: 'D/D/1 with time-outs, load 2',
      gap: 1,
      service: 2,
      queue: { timeout_ms: 0.5 },
      figures: [blocking(0.5), meanSojourn(2)],
    }),
    timetable({
      // the four arrive 3, 2, 1 and 0 ms before their dispatch; from the second batch on, the
      // executor is busy for the first of these ms: 3 + 2 + 1 + 0, then 2 + 2 + 1 + 0 each time
      model: 'Fixed batches of 4',
      gap: 1,
      service: 2,
      batching: { policy: 'fixed', batch: 4 },
      figures: [meanWait(0.249), meanBatchWait(1.251), meanSojourn(3.5), meanBatch(4)],
    }),
    timetable({
      model: 'Window of 4 ms, one request in it',
      gap: 10,
      service: 3,
      batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 4 },
      figures: [meanBatchWait(4), meanSojourn(7), meanBatch(1)],
    }),
    timetable({
      // five requests wait 4.5, 3.5, 2.5, 1.5 and .5 ms, and end before the next arrives
      model: 'Window of 4.5 ms, five requests in it',
      gap: 1,
      service: 0.25,
      batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 4.5 },
      figures: [meanBatchWait(2.5), meanSojourn(2.75), meanBatch(5)],
    }),
    timetable({
      // two requests reach a preferred size at once: they wait 1 and 0 ms
      model: 'Window of 4.5 ms, preferred batches of 2',
      gap: 1,
      service: 0.25,
      batching: { policy: 'dynamic', max_batch: 8, preferred: [2], max_delay_ms: 4.5 },
      figures: [meanBatchWait(0.5), meanBatch(2)],
    }),
  ]
}
