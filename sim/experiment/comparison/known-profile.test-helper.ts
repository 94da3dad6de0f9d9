import { scenarioOf } from '../../../test/scenarios.ts'
import type { ModelProfile } from '../../world/index.ts'
import { type SimulationInput, simulationInput } from '../index.ts'
import { type KnownRun, scenarioBatching } from './known-machine.test-helper.ts'
import { overheadsOf } from './observed-overheads.ts'
import { recordedFields } from './recorded.ts'
import type { ExecutorWork } from './structure.ts'

type Work = ExecutorWork['work']

/** Runs of a known machine as rehearsals, and what is taken for the work of its batches. */
export interface KnownRehearsals {
  readonly rehearsals: readonly KnownRun[]
  readonly seconds: number
  readonly load: number
  /** by which the rehearsals' speed is recorded */
  readonly work: Work
}

/** The profile that has this work and the fields of rehearsals. */
export function knownProfile({ rehearsals, seconds, load, work }: KnownRehearsals): ModelProfile {
  const sizes = [1, 2, 8]
  const lengths = [8, 64]
  const ms = sizes.map((size) => lengths.map((length) => work(size, length)))
  const [{ wake }] = rehearsals[0]!.work as [ExecutorWork]
  const executors = [0, rehearsals[0]!.work.length] as const
  const believed = Array.from({ length: executors[1] }, () => ({ work, wake }))
  const shared = { load, durationMs: 1000 * seconds, executors, work: believed }
  return {
    key: 'known',
    label: 'known',
    content: 'none',
    occasion: 'made up',
    memory: null,
    work: { sizes, lengths, ms, error: ms.map((row) => row.map(() => 0)) },
    wake: { gapMs: [...wake.gapMs], ms: [...wake.ms] },
    overheads: overheadsOf(
      rehearsals.map((run) => ({ run, executors })),
    ) as ModelProfile['overheads'],
    ...recordedFields(rehearsals.map((run) => ({ ...shared, run }))),
  }
}

/** A prediction of the requests of a run. */
export function knownInput(
  { plan, requests }: KnownRun,
  model: ModelProfile,
  of: {
    readonly seconds: number
    readonly warmupS: number
    readonly batching: Parameters<typeof scenarioBatching>[0]
  },
): SimulationInput {
  const [{ padTo, replicas }] = plan.pools as [(typeof plan.pools)[number]]
  const scenario = scenarioOf({
    duration_s: of.seconds,
    warmup_s: of.warmupS,
    models: { known: { builtin: 'transformer-encoder', pad_to: padTo } },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 1 } }],
    pools: [{ name: 'central', model: 'known', replicas, batching: scenarioBatching(of.batching) }],
  })
  return simulationInput(scenario, { models: [model], requests })
}
