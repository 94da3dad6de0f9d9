import {
  dynamicBatching,
  erlangA,
  erlangC,
  Md1Wait,
  md1MeanWait,
  mg1MeanWait,
  mg1SetUpMeanWait,
  mm1MeanSojourn,
  mm1MeanWait,
  mm1SojournQuantile,
  mmck,
  mmcMeanSojourn,
  mmcMeanWait,
  mmppM1,
} from '../../theory/index.ts'
import { admissionCases, lossCases } from './theory-admission.ts'
import { disciplineCases } from './theory-disciplines.ts'
import { exactCases } from './theory-exact.ts'
import { fanOutCases } from './theory-fan-out.ts'
import {
  blocking,
  meanBatch,
  meanSojourn,
  meanWait,
  meanWaitWithSetUp,
  sojournPercentile,
  throughput,
  utilisation,
  waitPercentile,
  waitShare,
} from './theory-figures.ts'
import { generationCases } from './theory-generation.ts'
import type { TheoryCase } from './theory-judge.ts'
import { routingCases } from './theory-routing.ts'
import { theoryCase } from './theory-scenario.ts'
import { sharingCases } from './theory-sharing.ts'

function mm1(): TheoryCase {
  const queue = { arrivalRate: 0.7, serviceRate: 1 }
  return theoryCase({
    model: 'M/M/1, load 0.7',
    traffic: [{ rate: queue.arrivalRate }],
    requests: 350_000,
    figures: [
      meanWait(mm1MeanWait(queue)),
      meanSojourn(mm1MeanSojourn(queue)),
      ...([0.5, 0.95, 0.99] as const).map((p) =>
        sojournPercentile(p, mm1SojournQuantile(queue, p)),
      ),
    ],
  })
}

function mmc(): TheoryCase[] {
  const two = { arrivalRate: 1.6, serviceRate: 1, servers: 2 }
  const hundred = { arrivalRate: 97, serviceRate: 1, servers: 100 }
  return [
    theoryCase({
      model: 'M/M/2, load 0.8',
      traffic: [{ rate: 1.6 }],
      requests: 250_000,
      replicas: 2,
      figures: [meanWait(mmcMeanWait(two)), waitShare(erlangC(1.6, 2))],
    }),
    theoryCase({
      model: 'M/M/100, load 0.97',
      traffic: [{ rate: 97 }],
      requests: 400_000,
      warmupMs: 1000,
      replicas: 100,
      figures: [meanSojourn(mmcMeanSojourn(hundred)), waitShare(erlangC(97, 100))],
    }),
  ]
}

function md1(): TheoryCase {
  const queue = { arrivalRate: 0.8, service: 1 }
  const wait = new Md1Wait(queue)
  return theoryCase({
    model: 'M/D/1, load 0.8',
    traffic: [{ rate: queue.arrivalRate }],
    requests: 400_000,
    work: { law: 'constant', ms: 1 },
    figures: [
      meanWait(md1MeanWait(queue)),
      ...([0.5, 0.95, 0.99] as const).map((p) => waitPercentile(p, wait.quantile(p))),
    ],
  })
}

/** Service proportional to a random length, so that its moments are those of the lengths. */
function mg1(): TheoryCase[] {
  // lengths 1 .. 19, equally likely, a tenth of a ms each: E[length^2] = (n + 1) (2n + 1) / 6
  const uniform = { arrivalRate: 0.8, meanService: 1, secondMoment: ((20 * 39) / 6) * 0.01 }
  // 9 of 10 requests take .5 ms and the others 5.5 ms: a squared coefficient of variation of 2.25
  const twoPoint = {
    arrivalRate: 0.6,
    meanService: 0.9 * 0.5 + 0.1 * 5.5,
    secondMoment: 0.9 * 0.5 ** 2 + 0.1 * 5.5 ** 2,
  }
  const work = { law: 'linear', base_ms: 0, per_token_ms: 0.1 } as const
  const fixed = (value: number) => ({ distribution: 'fixed', value }) as const
  return [
    theoryCase({
      model: 'M/G/1, uniform lengths, load 0.8',
      traffic: [{ rate: 0.8, input_tokens: { distribution: 'uniform', min: 1, max: 19 } }],
      requests: 250_000,
      work,
      figures: [meanWait(mg1MeanWait(uniform))],
    }),
    theoryCase({
      model: 'M/G/1, two classes, load 0.6',
      traffic: [
        { rate: 0.54, input_tokens: fixed(5) },
        { rate: 0.06, input_tokens: fixed(55) },
      ],
      requests: 250_000,
      work,
      figures: [meanWait(mg1MeanWait(twoPoint)), meanWait(mg1MeanWait(twoPoint), 1)],
    }),
  ]
}

function mmcK(): TheoryCase[] {
  const of = (requests: number, arrivalRate: number, servers: number, capacity: number) => {
    const theory = mmck({ arrivalRate, serviceRate: 1, servers, capacity })
    return theoryCase({
      model: `M/M/${servers}/${capacity}, load ${arrivalRate / servers}`,
      traffic: [{ rate: arrivalRate }],
      requests,
      warmupMs: 500,
      replicas: servers,
      queue: { max_length: capacity - servers },
      figures: [
        blocking(theory.blocking),
        throughput(theory.throughput, requests / arrivalRate),
        meanSojourn(theory.meanSojourn),
        meanWait(theory.meanWait),
      ],
    })
  }
  return [of(200_000, 3.6, 4, 10), of(400_000, 100, 100, 110)]
}

/** Greedy batches up to a limit, a batch of k taking k + 5 ms, against the exact chain. */
function batchingCases(): TheoryCase[] {
  return [
    { arrivalRate: 0.5, maxBatch: 8, requests: 100_000 },
    { arrivalRate: 0.5, maxBatch: 64, requests: 100_000 },
    { arrivalRate: 0.55, maxBatch: 8, requests: 200_000 },
  ].map(({ requests, ...queue }) => {
    const theory = dynamicBatching({ ...queue, serviceTime: (k) => k + 5 })
    return theoryCase({
      model: `Batches up to ${queue.maxBatch}, rate ${queue.arrivalRate}`,
      traffic: [{ rate: queue.arrivalRate }],
      requests,
      warmupMs: 5000,
      work: { law: 'linear', base_ms: 5, per_item_ms: 1 },
      batching: { policy: 'dynamic', max_batch: queue.maxBatch },
      figures: [
        meanSojourn(theory.meanSojourn),
        meanBatch(theory.meanBatch),
        utilisation(theory.utilisation),
      ],
    })
  })
}

/**
 * Erlang A, with abandonment only while queued: an overloaded service, and a large one at its
 * limit. A request that times out in service is served on, as in Erlang A.
 */
function impatienceCases(): TheoryCase[] {
  return [
    { arrivalRate: 11, serviceRate: 1, servers: 10, patienceRate: 0.5, requests: 60_000 },
    { arrivalRate: 100, serviceRate: 1, servers: 100, patienceRate: 1, requests: 300_000 },
  ].map(({ requests, ...queue }) => {
    const { arrivalRate, servers, patienceRate } = queue
    const theory = erlangA(queue)
    const timeout_ms = { distribution: 'exponential', mean: 1 / patienceRate } as const
    return theoryCase({
      model: `M/M/${servers}+M, load ${arrivalRate / servers}, patience ${1 / patienceRate}`,
      traffic: [{ rate: arrivalRate, timeout_ms, cancel: true }],
      requests,
      warmupMs: 200,
      replicas: servers,
      figures: [
        {
          name: 'P(leave the queue)',
          theory: theory.abandoned,
          of: ({ summary }) => {
            const { cancelled, arrived } = summary.classes[0]!.counts
            return cancelled / arrived
          },
        },
        {
          name: 'P(wait)',
          theory: theory.waits,
          of: ({ summary, waited }) => {
            const { cancelled, arrived } = summary.classes[0]!.counts
            return (waited + cancelled) / arrived
          },
        },
      ],
    })
  })
}

/** M/G/1 with a set-up time after the server was idle (cold start). */
function setUpCases(): TheoryCase[] {
  const exponential = { arrivalRate: 0.6, meanService: 1, secondMoment: 2 }
  const constant = { arrivalRate: 0.7, meanService: 1, secondMoment: 1 }
  return [
    theoryCase({
      model: 'M/M/1, load 0.6, set-up of 3',
      traffic: [{ rate: 0.6 }],
      requests: 40_000,
      work: { law: 'exponential', mean_ms: 1, setup_ms: 3 },
      figures: [meanWaitWithSetUp(mg1SetUpMeanWait(exponential, { mean: 3, secondMoment: 9 }))],
    }),
    theoryCase({
      model: 'M/D/1, load 0.7, set-up of 0 to 8',
      traffic: [{ rate: 0.7 }],
      requests: 40_000,
      work: { law: 'constant', ms: 1, setup_ms: { distribution: 'uniform', min: 0, max: 8 } },
      figures: [meanWaitWithSetUp(mg1SetUpMeanWait(constant, { mean: 4, secondMoment: 64 / 3 }))],
    }),
  ]
}

/** MMPP/M/1 against its matrix-geometric solution; durations of states in ms. */
function burstCases(): TheoryCase[] {
  return [
    { rates: [0.9, 0.3], meanMs: [10, 10] },
    { rates: [1.5, 0.25], meanMs: [4, 16] },
    { rates: [1, 0.5, 0], meanMs: [5, 5, 5] },
  ].map(({ rates, meanMs }) => {
    const theory = mmppM1({
      arrivalRates: rates,
      // each other state is equally likely to follow
      generator: meanMs.map((stateMs, i) =>
        meanMs.map((_, j) => (i === j ? -1 / stateMs : 1 / stateMs / (meanMs.length - 1))),
      ),
      serviceRate: 1,
    })
    const rate = theory.arrivalRate
    const states = rates.map((factor, i) => ({ factor, mean_s: meanMs[i]! / 1000 }))
    return theoryCase({
      model: `MMPP/M/1, rates ${rates.join(', ')}`,
      traffic: [{ rate, arrivals: { process: 'mmpp', rate_rps: 1000 * rate, states } }],
      requests: 150_000,
      figures: [
        meanWait(theory.meanWait),
        meanSojourn(theory.meanSojourn),
        waitShare(theory.waits),
      ],
    })
  })
}

/** Every model with a closed form or an exact chain, run by the real control plane and world. */
export function theoryCases(): TheoryCase[] {
  return [
    mm1(),
    ...mmc(),
    md1(),
    ...mg1(),
    ...lossCases(),
    ...mmcK(),
    ...admissionCases(),
    ...batchingCases(),
    ...routingCases(),
    ...sharingCases(),
    ...disciplineCases(),
    ...generationCases(),
    ...impatienceCases(),
    ...setUpCases(),
    ...burstCases(),
    ...fanOutCases(),
    ...exactCases(),
  ]
}
