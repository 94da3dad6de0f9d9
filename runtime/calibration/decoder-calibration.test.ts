import { afterAll, expect, test } from 'vitest'
import { modelKey } from '../../scenarios/index.ts'
import {
  poolsToCalibrate,
  resolveSystem,
  runReplication,
  simulationInput,
  withoutFiles,
} from '../../sim/experiment/index.ts'
import { profileSchema } from '../../sim/world/index.ts'
import { emptyProfile } from '../../test/profiles.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { enginesOf, smallDecoder } from '../../test/small-decoder.ts'
import { calibrateModels } from './calibrate.ts'

const decoder = smallDecoder()
afterAll(() => decoder.remove())

const SCENARIO = scenarioOf(`spillway: 1
name: decoder
duration_s: 2
models: { m: { builtin: transformer-decoder, vocabulary: 1024, context: 256 } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 20 }
    input_tokens: { distribution: uniform, min: 8, max: 100 }
    output_tokens: { distribution: uniform, min: 2, max: 20 }
pools:
  - name: engine
    model: m
    generation:
      { policy: continuous, max_sequences: 4, token_budget: 32, kv_cache: { blocks: 40 } }
`)

test('a model that generates is calibrated on occasions, and is simulated by its profile', async () => {
  const prepared = withoutFiles({ scenario: SCENARIO, hash: 'x', file: 'decoder.yaml' })
  const { plan } = simulationInput(SCENARIO)
  const [covered] = poolsToCalibrate(prepared)
  const [pool] = SCENARIO.pools
  const [engine] = enginesOf(plan, decoder)
  const warnings: string[] = []
  const models = await calibrateModels(
    [
      {
        ...covered!,
        ...{ scenario: SCENARIO, pool: pool!, generation: engine!.generation },
        ...{ file: decoder.file, occasion: 'now' },
      },
    ],
    {
      ...{ seconds: 1, occasions: 2, signal: new AbortController().signal },
      onProgress: () => {},
      onWarning: (text) => warnings.push(text),
    },
  )
  // 40 blocks hold two sequences of 256 tokens beside a prompt; there may be time for one
  expect(warnings).toEqual([expect.stringMatching(/[12] of 256 tokens together/)])
  const profile = profileSchema.parse({ ...emptyProfile(), models })
  const [model] = profile.models
  expect(model!.key).toBe(modelKey(SCENARIO, pool!))
  expect(model!.steps!.rows.slice(0, 4)).toEqual([2, 3, 4, 5])
  expect(model!.widths!.occasions).toHaveLength(2)
  expect(model!.fields.length).toBeGreaterThanOrEqual(2)
  const content = { ...prepared, contents: [decoder.file.content] }
  const system = resolveSystem(content, profile)
  expect(system.capacityRps).toBeGreaterThan(0)
  const [chat] = runReplication(system, 0).classes
  expect(chat!.counts.served).toBeGreaterThan(10)
})
