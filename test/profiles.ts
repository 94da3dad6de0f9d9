import { builtinContent } from '../runtime/models/index.ts'
import { type Model, modelKey, modelLabel, type Scenario } from '../scenarios/index.ts'
import type { ModelProfile, Profile } from '../sim/world/index.ts'
import { scenarioOf } from './scenarios.ts'

/** A profile without models. */
export function emptyProfile(): Profile {
  return {
    document: 'spillway-profile',
    format: 2,
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

const ofLength = (model: Model) => !('builtin' in model && model.builtin === 'mlp')

function work(model: Model): ModelProfile['work'] {
  // with one between, which checks the others
  const sizes = [1, 2, 4]
  const lengths = ofLength(model) ? [1, 512] : [1]
  const ms = sizes.map((size) => lengths.map((length) => 0.7 + 0.3 * size + 0.01 * length))
  return { sizes, lengths, ms, error: ms.map((row) => row.map(() => 0)) }
}

/** Steps that take some ms, and as long as `work` where sequences only decode. */
const MADE_UP_STEPS: ModelProfile['steps'] = {
  runs: 'together',
  rows: [2, 5, 513],
  ms: [1, 1.9, 100],
  ...{ sequenceMs: 0, contextMs: 0, longestMs: 0.01, pastMs: 0.001, pairMs: 0.0001 },
  levels: [{ sequences: 4, context: 512 }],
  heldOut: [{ by: 'decodes', from: 2, to: 2, median: 0.01, worst: -0.02 }],
}

/** A made-up profile of all models of a scenario, with plausible figures. */
export function madeUpProfile(source: string | Scenario): Profile {
  const scenario = typeof source === 'string' ? scenarioOf(source) : source
  const models = scenario.pools.map((pool): ModelProfile => {
    const model = scenario.models[pool.model]!
    const steps = Array.from({ length: 40 }, (_, i) => i)
    return {
      key: modelKey(scenario, pool),
      label: modelLabel(scenario, pool),
      occasion: 'made up',
      content: 'builtin' in model ? builtinContent(model, pool.precision) : 'none',
      work: work(model),
      ...(pool.generation && { steps: MADE_UP_STEPS }),
      variation: [],
      wake: { gapMs: [0, 10], ms: [0, 0.05] },
      overheads: {
        lag: [0, 0.01, 0.05],
        timer: [0, 0.05, 0.2],
        completion: [{ atMs: 0, table: [0.01, 0.02, 0.1] }],
        dispatch: [{ atMs: 0, table: [0.01, 0.02, 0.1] }],
      },
      memory: null,
      fields: [
        {
          load: 0.5,
          durationMs: 4000,
          disturbed: false,
          executors: Array.from({ length: pool.replicas }, () =>
            executorField(
              steps.map((i) => 1 - 0.1 * Math.sin(i) ** 2),
              100,
            ),
          ),
          dispatcher: { from: [500], to: [503] },
          intake: { from: [500, 2500], to: [503, 2501] },
        },
      ],
    }
  })
  // pools may run the same model; the pool with most replicas has all the required executors
  const byKey = new Map<string, ModelProfile>()
  for (const candidate of models) {
    const model = byKey.get(candidate.key)
    if (model === undefined || executorsIn(model) < executorsIn(candidate))
      byKey.set(candidate.key, candidate)
  }
  return { ...emptyProfile(), models: [...byKey.values()] }
}

/** Speeds of an executor that never stalls, `everyMs` each. */
export const executorField = (speeds: readonly number[], everyMs = 1000): ExecutorField => ({
  times: speeds.map((_, i) => i * everyMs),
  speeds: [...speeds],
  stalls: { from: [], to: [] },
  lateStarts: { from: [], to: [] },
  busyMs: 0.5 * everyMs * speeds.length,
  idleStarts: speeds.length,
})

type ExecutorField = ModelProfile['fields'][number]['executors'][number]

const executorsIn = ({ fields }: ModelProfile) => fields[0]!.executors.length
