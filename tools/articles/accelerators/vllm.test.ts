import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../../test/spillway.ts'
import { BAR, errorOf, FIGURES, figureOf, fitEngine, halfOf, pairOf } from './vllm.ts'
import {
  type Engines,
  enginesApart,
  enginesTogether,
  haveVllmRuns,
  LIBRARY,
  libraryText,
  type RequestLatency,
  SERVED,
  type ServedModel,
  STEP_TIMES,
  type StepTimes,
  servedRun,
  simulated,
  stepTimes,
} from './vllm-engine.ts'

/** The arrangement that the study chose by the first half. */
const ENGINES: Readonly<Record<string, Engines>> = {
  [SERVED.dense.name]: enginesApart(SERVED.dense),
  [SERVED.moe.name]: enginesTogether(SERVED.moe),
}
const MODELS: readonly ServedModel[] = Object.values(SERVED)

const fileOf = ({ name }: ServedModel) =>
  join(ROOT, `scenarios/library/${LIBRARY[name as keyof typeof LIBRARY].name}.yaml`)

/** The fitted times of a library scenario. */
function shippedTimes(model: ServedModel): StepTimes {
  const { law: _, ...times } = parse(readFileSync(fileOf(model), 'utf8')).models.served.work
  return times
}

const scaled = (times: StepTimes, factor: number): StepTimes =>
  stepTimes(STEP_TIMES.map((key) => times[key] * factor))

test.each(MODELS)('$name: the library scenario is as it is written', (model) => {
  const text = libraryText(model, ENGINES[model.name]!, shippedTimes(model))
  expect(readFileSync(fileOf(model), 'utf8')).toBe(text)
})

describe('the fit', () => {
  const requests = Array.from({ length: 40 }, (_, i) => ({
    at: 0.3 * i,
    inputTokens: 200 + ((i * 397) % 1500),
    outputTokens: 40 + ((i * 53) % 200),
    ttft: 0,
    tpot: 0,
    endToEnd: 0,
  }))
  const engines = { replicas: 1, maxSequences: 16, tokenBudget: 2048, blocks: 10_000 }
  const times = stepTimes([9, 0.3, 0.07, 0.0003])
  const found = simulated(requests, engines, times)
  const measured = requests.map((request, i) => ({ ...request, ...found[i]! }))

  const run = { model: SERVED.dense, measured, peer: [] }

  /** Largest error end to end of the half that is not fitted. */
  const error = (half: readonly RequestLatency[]) => {
    const pair = { measured: halfOf(measured, 'second'), simulated: half }
    return Math.max(...FIGURES.map((figure) => Math.abs(errorOf(pair, 'endToEnd', figure))))
  }

  test('to half of the requests of a known engine predicts the other half', () => {
    const fit = fitEngine(run, engines, 'first')
    expect(error(pairOf(fit, 'second').simulated)).toBeLessThan(BAR)
    const fast = simulated(measured, engines, scaled(times, 1 / 1.2))
    expect(error(halfOf(fast, 'second'))).toBeGreaterThan(2 * BAR)
  })
})

describe.skipIf(!haveVllmRuns())('the runs of vLLM, where ../shared has them', () => {
  test('have the figures that LLMServingSim prints for them', () => {
    const { measured, peer } = servedRun(SERVED.dense)
    expect(measured).toHaveLength(300)
    expect(figureOf(measured, 'ttft', 'mean')).toBeCloseTo(7.0972, 4)
    expect(figureOf(peer, 'ttft', 'mean')).toBeCloseTo(6.8157, 4)
    expect(figureOf(measured, 'endToEnd', 'mean')).toBeCloseTo(28.2007, 3)
  })

  /** Errors end to end of the second half. */
  function errors(model: ServedModel, times: StepTimes): number[] {
    const { measured } = servedRun(model)
    const found = simulated(measured, ENGINES[model.name]!, times)
    const pair = { measured: halfOf(measured, 'second'), simulated: halfOf(found, 'second') }
    return FIGURES.map((figure) => Math.abs(errorOf(pair, 'endToEnd', figure)))
  }

  test.each(MODELS)('$name: times of the first half predict the second', (model) => {
    expect(Math.max(...errors(model, shippedTimes(model)))).toBeLessThanOrEqual(BAR)
  })

  test.each(MODELS)('$name, negative control: an engine that is 20 % too fast fails', (model) => {
    expect(Math.min(...errors(model, scaled(shippedTimes(model), 1 / 1.2)))).toBeGreaterThan(BAR)
  })

  test('negative control: without a limit of sequences, first tokens fail', () => {
    const { measured } = servedRun(SERVED.dense)
    const engines = { ...enginesApart(SERVED.dense), maxSequences: 512 }
    const found = simulated(measured, engines, shippedTimes(SERVED.dense))
    expect(errorOf({ measured, simulated: found }, 'ttft', 'mean')).toBeLessThan(-BAR)
  })
})
