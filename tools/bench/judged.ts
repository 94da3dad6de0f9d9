import type { Scenario } from '../../scenarios/index.ts'
import {
  type JudgedRunSummary,
  objectiveFigures,
  recordedReplication,
  recordJudged,
  runReplication,
  simulationInput,
} from '../../sim/experiment/index.ts'
import {
  type Extent,
  type Figure,
  figure,
  interleaved,
  ratios,
  roundsIn,
  sizeIn,
} from './figure.ts'
import { generatingScenario, servingScenario } from './serving.ts'

const REQUESTS = 1_000_000
const GENERATED = 200_000
const ROUNDS = 7

/** How much faster a replication is of which one percentile is judged than one with all figures. */
export function* judgedFigures(extent: Extent): Generator<Figure> {
  const [requests, generated] = [REQUESTS, GENERATED].map((size) => sizeIn(extent, size))
  const scenarios: [string, Scenario, number][] = [
    ['dynamic batching, 1 replica', servingScenario(1, requests!), requests!],
    ['dynamic batching, 64 replicas', servingScenario(64, requests!), requests!],
    ['continuous batching', generatingScenario(generated!), generated!],
  ]
  for (const [name, stated, size] of scenarios) {
    const scenario = { ...stated, slo: { chat: ['p(99) latency_ms < 60000'] } }
    const input = simulationInput(scenario)
    const [judged, whole] = interleaved(size, roundsIn(extent, ROUNDS), [
      () => judge(scenario, recordedReplication(recordJudged, input, 0)),
      () => judge(scenario, runReplication(input, 0)),
    ])
    yield figure(`One percentile, ${name}`, 'x all figures', ratios(judged!, whole!), {
      atLeast: 1.3,
    })
  }
}

function judge(scenario: Scenario, run: JudgedRunSummary): void {
  const [tail] = objectiveFigures(scenario, run)
  if (!(tail!.value > 0)) throw new Error('Expected a percentile')
}
