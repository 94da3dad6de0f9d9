import { modelKey, modelLabel, parseScenario } from '../scenarios/index.ts'
import type { ModelProfile, Profile } from '../sim/world/index.ts'

/** A profile that knows no model. */
export function emptyProfile(): Profile {
  return {
    document: 'spillway-profile',
    format: 1,
    name: 'made up',
    version: '0.0.0',
    host: {
      cpu: 'none',
      cores: 1,
      memory_gib: 1,
      platform: 'none',
      node: 'none',
      onnxruntime: 'none',
      adapter: null,
    },
    models: [],
  }
}

/** A made-up profile of all models of a scenario: batches of 1 and 4 take 1 and 2 ms. */
export function madeUpProfile(scenarioText: string): Profile {
  const { scenario } = parseScenario(scenarioText, { file: 'made-up.yaml' })
  const models = scenario.pools.map((pool): ModelProfile => {
    const steps = Array.from({ length: 40 }, (_, i) => i)
    return {
      key: modelKey(scenario, pool),
      label: modelLabel(scenario, pool),
      content: 'none',
      work: {
        sizes: [1, 4],
        lengths: [1],
        ms: [[1], [2]],
        error: [[0], [0]],
      },
      wake: { gapMs: [0, 10], ms: [0, 0.05] },
      overheads: {
        lag: [0, 0.01, 0.05],
        timer: [0, 0.05, 0.2],
        completion: [0.01, 0.02, 0.1],
        dispatch: [{ gapMs: 0, table: [0.01, 0.02, 0.1] }],
      },
      fields: [
        {
          load: 0.5,
          durationMs: 4000,
          executors: Array.from({ length: pool.replicas }, () => ({
            times: steps.map((i) => i * 100),
            speeds: steps.map((i) => 1 - 0.1 * Math.sin(i) ** 2),
          })),
          dispatcher: { from: [500], to: [503] },
          intake: { from: [500, 2500], to: [503, 2501] },
        },
      ],
    }
  })
  return { ...emptyProfile(), models }
}
