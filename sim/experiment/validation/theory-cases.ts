import {
  erlangB,
  erlangC,
  Md1Wait,
  md1MeanWait,
  mg1MeanWait,
  mm1MeanSojourn,
  mm1MeanWait,
  mm1SojournQuantile,
  mmck,
  mmcMeanSojourn,
  mmcMeanWait,
} from '../../theory/index.ts'
import { admissionCases } from './theory-admission.ts'
import { batchingCases } from './theory-batching.ts'
import { burstCases } from './theory-bursts.ts'
import { disciplineCases } from './theory-disciplines.ts'
import { exactCases } from './theory-exact.ts'
import { fanOutCases } from './theory-fan-out.ts'
import {
  blocking,
  meanSojourn,
  meanWait,
  sojournPercentile,
  throughput,
  waitPercentile,
  waitShare,
} from './theory-figures.ts'
import { generationCases } from './theory-generation.ts'
import { impatienceCases } from './theory-impatience.ts'
import type { TheoryCase } from './theory-judge.ts'
import { routingCases } from './theory-routing.ts'
import { theoryScenario } from './theory-scenario.ts'
import { setUpCases } from './theory-set-up.ts'

/** Exponential service of mean 1 ms. */
const EXPONENTIAL = { law: 'exponential', mean_ms: 1 } as const

function mm1(): TheoryCase {
  const queue = { arrivalRate: 0.7, serviceRate: 1 }
  const model = 'M/M/1, load 0.7'
  return {
    model,
    scenario: theoryScenario({
      name: model,
      traffic: [{ rate: queue.arrivalRate }],
      requests: 500_000,
      warmupMs: 2000,
      work: EXPONENTIAL,
    }),
    figures: [
      meanWait(mm1MeanWait(queue)),
      meanSojourn(mm1MeanSojourn(queue)),
      ...([0.5, 0.95, 0.99] as const).map((p) =>
        sojournPercentile(p, mm1SojournQuantile(queue, p)),
      ),
    ],
  }
}

function mmc(): TheoryCase[] {
  const two = { arrivalRate: 1.6, serviceRate: 1, servers: 2 }
  const hundred = { arrivalRate: 97, serviceRate: 1, servers: 100 }
  const of = (model: string, queue: typeof two, requests: number, warmupMs: number) =>
    theoryScenario({
      name: model,
      traffic: [{ rate: queue.arrivalRate }],
      requests,
      warmupMs,
      work: EXPONENTIAL,
      replicas: queue.servers,
    })
  return [
    {
      model: 'M/M/2, load 0.8',
      scenario: of('M/M/2', two, 300_000, 2000),
      figures: [meanWait(mmcMeanWait(two)), waitShare(erlangC(1.6, 2))],
    },
    {
      model: 'M/M/100, load 0.97',
      scenario: of('M/M/100', hundred, 400_000, 1000),
      figures: [meanSojourn(mmcMeanSojourn(hundred)), waitShare(erlangC(97, 100))],
    },
  ]
}

function md1(): TheoryCase {
  const queue = { arrivalRate: 0.8, service: 1 }
  const wait = new Md1Wait(queue)
  const model = 'M/D/1, load 0.8'
  return {
    model,
    scenario: theoryScenario({
      name: model,
      traffic: [{ rate: queue.arrivalRate }],
      requests: 400_000,
      warmupMs: 2000,
      work: { law: 'constant', ms: 1 },
    }),
    figures: [
      meanWait(md1MeanWait(queue)),
      ...([0.5, 0.95, 0.99] as const).map((p) => waitPercentile(p, wait.quantile(p))),
    ],
  }
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
    {
      model: 'M/G/1, uniform lengths, load 0.8',
      scenario: theoryScenario({
        name: 'M/G/1',
        traffic: [
          { rate: 0.8, input_tokens: { distribution: 'uniform', min: 1, max: 19 } as const },
        ],
        requests: 250_000,
        warmupMs: 2000,
        work,
      }),
      figures: [meanWait(mg1MeanWait(uniform))],
    },
    {
      model: 'M/G/1, two classes, load 0.6',
      scenario: theoryScenario({
        name: 'M/G/1',
        traffic: [
          { rate: 0.54, input_tokens: fixed(5) },
          { rate: 0.06, input_tokens: fixed(55) },
        ],
        requests: 300_000,
        warmupMs: 2000,
        work,
      }),
      figures: [meanWait(mg1MeanWait(twoPoint)), meanWait(mg1MeanWait(twoPoint), 1)],
    },
  ]
}

/**
 * A loss system: a request that finds no free server is lost. (Its timeout is so short that a
 * server hardly ever becomes free within it.)
 */
function erlangLoss(): TheoryCase[] {
  const scenario = (model: string, work: typeof EXPONENTIAL | { law: 'constant'; ms: number }) =>
    theoryScenario({
      name: model,
      traffic: [{ rate: 8 }],
      requests: 150_000,
      warmupMs: 500,
      work,
      replicas: 10,
      queue: { timeout_ms: 1e-6 },
    })
  const figures = [blocking(erlangB(8, 10))]
  return [
    { model: 'M/M/10/10, 8 erlangs', scenario: scenario('M/M/10/10', EXPONENTIAL), figures },
    {
      model: 'M/D/10/10, 8 erlangs',
      scenario: scenario('M/D/10/10', { law: 'constant', ms: 1 }),
      figures,
    },
  ]
}

function mmcK(): TheoryCase[] {
  const of = (requests: number, arrivalRate: number, servers: number, capacity: number) => {
    const queue = { arrivalRate, serviceRate: 1, servers, capacity }
    const theory = mmck(queue)
    const model = `M/M/${servers}/${capacity}, load ${arrivalRate / servers}`
    return {
      model,
      scenario: theoryScenario({
        name: model,
        traffic: [{ rate: arrivalRate }],
        requests,
        warmupMs: 500,
        work: EXPONENTIAL,
        replicas: servers,
        queue: { max_length: capacity - servers },
      }),
      figures: [
        blocking(theory.blocking),
        throughput(theory.throughput, requests / arrivalRate),
        meanSojourn(theory.meanSojourn),
        meanWait(theory.meanWait),
      ],
    }
  }
  return [of(200_000, 3.6, 4, 10), of(400_000, 100, 100, 110)]
}

/** Every model with a closed form or an exact chain, run by the real control plane and world. */
export function theoryCases(): TheoryCase[] {
  return [
    mm1(),
    ...mmc(),
    md1(),
    ...mg1(),
    ...erlangLoss(),
    ...mmcK(),
    ...admissionCases(),
    ...batchingCases(),
    ...routingCases(),
    ...disciplineCases(),
    ...generationCases(),
    ...impatienceCases(),
    ...setUpCases(),
    ...burstCases(),
    ...fanOutCases(),
    ...exactCases(),
  ]
}
