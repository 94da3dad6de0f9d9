import { describe, expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { keptReplication, simulationInput } from '../../../sim/experiment/index.ts'
import { RequestList } from '../../../sim/traffic/index.ts'
import { readRecord } from '../../claims/record.ts'
import { type Engine, schedule, sends, simulatedStage } from './engine.ts'
import { type Family, fitFamily, LINEAR, misfitOf, ROOFLINE } from './fit.ts'
import { haveLoadTests, loadTests, type Stage, type StageFigures, tpotOf } from './load-test.ts'

const LIMIT = 20

/** An engine at its limit, which is a third of what its clients may have in flight. */
const scenario = (inFlight: string) =>
  parseScenario(
    `spillway: 1
name: capped
seed: 3
duration_s: 20
models: { llama: { work: { law: generation, base_ms: 7, per_sequence_ms: 0.05, per_prefill_token_ms: 0.015 } } }
traffic:
  - class: prompts
    arrivals: { process: poisson, rate_rps: 40 }
    input_tokens: { distribution: fixed, value: 204 }
    output_tokens: { distribution: fixed, value: 64 }${inFlight}
pools:
  - name: engine
    model: llama
    generation: { policy: continuous, max_sequences: 6 }
`,
    { file: 'capped.yaml' },
  ).scenario

test('requests are sent as max_in_flight has it', () => {
  const capped = scenario(`\n    max_in_flight: ${LIMIT}`)
  const { rows } = keptReplication(simulationInput(capped, {}), 0)
  const { firstScheduledAt, at, done } = rows.columns
  const { count } = rows
  const requests = RequestList.of({
    at: firstScheduledAt.slice(0, count),
    inputTokens: new Int32Array(count).fill(204),
    outputTokens: new Int32Array(count).fill(64),
    class: new Uint8Array(count),
  })
  const free = keptReplication(simulationInput(scenario(''), { requests }), 0).rows
  const ends = free.columns.done.slice(0, count)
  const sent = sends(requests.columns.at, ends, LIMIT)
  const last = count - 1
  expect(sent[last]! - requests.columns.at[last]!).toBeGreaterThan(1000)
  for (let i = 0; i < count; i++) {
    expect(ends[i]).toBeCloseTo(done[i]!, 6)
    expect(sent[i]).toBeCloseTo(at[i]!, 6)
  }
})

test('a schedule fills its minute with intervals that scatter as exponential ones', () => {
  const at = schedule(5000, 1)
  expect(at.at(-1)).toBeCloseTo(60_000, 6)
  const gaps = at.slice(1).map((time, i) => time - at[i]!)
  const variance = gaps.reduce((sum, gap) => sum + (gap - 12) ** 2, 0) / gaps.length
  expect(Math.sqrt(variance) / 12).toBeGreaterThan(0.95)
  expect(Math.sqrt(variance) / 12).toBeLessThan(1.05)
})

describe('the fit', () => {
  const truth = [6, 0.06, 0.012, 9, 3]
  const stages = [60, 600, 1800].map((requests, number): Stage => {
    const stage = { number, requests, rateRps: requests / 60, promptTokens: 204, maxSequences: 128 }
    return { ...stage, measured: simulatedStage(stage, LINEAR.engine(truth), 5) }
  })

  test('finds an engine that predicts what a known one does', () => {
    const effort = { seeds: 2, edges: [0.3], chains: 4, generations: 2 }
    const { best } = fitFamily(stages, LINEAR, effort)
    const other = { ...stages[2]!, requests: 2400 }
    const of = (values: readonly number[]) => simulatedStage(other, LINEAR.engine(values), 9)
    const off = (figure: (figures: StageFigures) => number) =>
      Math.abs(figure(of(best.values)) / figure(of(truth)) - 1)
    expect(off(tpotOf)).toBeLessThan(0.03)
    expect(off(({ ttft }) => ttft.p95)).toBeLessThan(0.1)
  })

  test('negative control: steps that take 10 % longer fit worse', () => {
    const misfit = misfitOf(stages, LINEAR, 2)
    const slower = truth.map((value, i) => (i < 3 ? 1.1 * value : value))
    expect(misfit(slower)).toBeGreaterThan(5 * misfit(truth))
  })
})

const record = readRecord('vllm')

describe.skipIf(!haveLoadTests() || record === null)(
  'the load test of vLLM, where ../shared has it',
  () => {
    const stages = haveLoadTests() ? loadTests() : []
    const at = (maxSequences: number, number: number) =>
      stages.find((stage) => stage.maxSequences === maxSequences && stage.number === number)!

    /** An engine as the record has it; with steps that take so many times as long. */
    function recorded(family: Family): Engine {
      const { values } = record!.figures.laws.find(({ law }) => law === family.name)!
      return family.engine(values)
    }

    const error = (stage: Stage, engine: Engine, of: (figures: StageFigures) => number): number =>
      of(simulatedStage(stage, engine, 21)) / of(stage.measured) - 1

    const throughput = ({ throughputRps }: StageFigures) => throughputRps

    const saturated = (family: Family) =>
      [4, 5, 6].map((number) => error(at(192, number), recorded(family), throughput))

    test('transformer-decoder: saturated throughput at 192 is within 5 %', () => {
      for (const off of saturated(ROOFLINE)) expect(Math.abs(off)).toBeLessThan(0.05)
    })

    test('generation: it is as far off as the record states, to 1 %', () => {
      const { bars } = record!.figures.laws.find(({ law }) => law === LINEAR.name)!
      const { worst } = bars.find(({ name }) => name === 'saturated throughput')!
      expect(Math.abs(Math.max(...saturated(LINEAR)) - worst)).toBeLessThan(0.01)
    })

    test('transformer-decoder: TPOT at 192 is within 5 % up to stage 2', () => {
      for (const number of [0, 1, 2]) {
        expect(Math.abs(error(at(192, number), recorded(ROOFLINE), tpotOf))).toBeLessThan(0.05)
      }
    })

    test('negative control: with the limit left at 128 the saturated throughput fails', () => {
      const stage = { ...at(192, 5), maxSequences: 128 }
      expect(error(stage, recorded(LINEAR), throughput)).toBeLessThan(-0.05)
    })

    test('requests wait for a connection about as long as was published', () => {
      for (const number of [5, 6]) {
        const off = error(at(128, number), recorded(ROOFLINE), ({ delay }) => delay.mean)
        expect(Math.abs(off)).toBeLessThan(0.15)
      }
    })

    test('by its own metrics the server gives 63 tokens after the first', () => {
      // (end to end − TTFT) / TPOT of stages 4 to 6, as published by the server
      expect(tpotOf(at(128, 4).measured) / 19.462).toBeCloseTo(1, 2)
    })
  },
)
