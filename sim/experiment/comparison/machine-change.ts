import { median } from 'simple-statistics'
import type { ControlKernel } from '../../documents/index.ts'
import { fieldsOf, meanLevel, type RecordedField } from '../../world/index.ts'
import { executorWork } from '../simulation/hardware.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import { measuredPools, scaledInput } from './measured-pools.ts'
import type { RunPercentiles } from './measures.ts'
import type { ObservedRun } from './observed-run.ts'
import { recordedFields } from './recorded.ts'

/** The machine of replays beside that of the profile, as inputs of further predictions. */
export interface MachineChange {
  readonly control: ControlKernel
  /** as fast as the control kernel says; null where it says nothing of the models' speed */
  readonly now: SimulationInput | null
  /** as fast as the replays recorded it by the profile's work */
  readonly level: SimulationInput
  /** how many times as fast as the profile `level` is; absent with several pools */
  readonly faster?: number
}

/** The change with the predictions of its inputs. */
export interface PredictedChange {
  readonly control: ControlKernel
  /** replications of the prediction, by the same draws */
  readonly now: readonly RunPercentiles[] | null
  readonly level: readonly RunPercentiles[]
  readonly faster?: number
}

/** Fields of a pool, in the profile and as the replays recorded them. */
interface PoolFields {
  readonly name: string
  readonly onProcessor: boolean
  readonly profile: readonly RecordedField[]
  readonly replays: readonly RecordedField[]
}

/**
 * How the machine has changed from the profile to some replays. `otherHost`: why times of the
 * profile's machine and of the replays' cannot be compared, or null.
 */
export function machineChange(
  input: SimulationInput,
  runs: readonly ObservedRun[],
  otherHost: string | null,
): MachineChange {
  const pools = poolFields(input, runs)
  const control = pools.map(({ name, profile, replays }) => ({
    pool: name,
    profile_ms: controlTime(profile),
    replays_ms: controlTime(replays),
  }))
  const unknown = otherHost ?? acceleratorText(input) ?? untimedText(control)
  const onProcessor = control.filter((_, i) => pools[i]!.onProcessor)
  // nothing of a pool that is declared is of another machine, and no other kind was timed
  const ofHost = control.length === 0 ? null : otherHost
  const machine_unknown = ofHost ?? (onProcessor.length === 0 ? null : untimedText(onProcessor))
  const speeds = control.map(({ profile_ms, replays_ms }) => profile_ms! / replays_ms!)
  const levels = pools.map(({ profile, replays }) => meanLevel(replays) / meanLevel(profile))
  return {
    control: {
      ...{ pools: control, unknown },
      ...(machine_unknown !== null && { machine_unknown }),
    },
    now: unknown === null ? scaledInput(input, speeds) : null,
    level: scaledInput(input, levels),
    ...(levels.length === 1 && { faster: levels[0]! }),
  }
}

function poolFields(input: SimulationInput, runs: readonly ObservedRun[]): PoolFields[] {
  const { pools, duration_s } = input.scenario
  const shared = { work: executorWork(input), load: 0, durationMs: 1000 * duration_s }
  return measuredPools(input).map(({ index, pool, model }) => {
    const from = pools.slice(0, index).reduce((sum, { replicas }) => sum + replicas, 0)
    const executors = [from, from + pool.replicas] as const
    return {
      name: pool.name,
      onProcessor: pool.execution_provider === 'cpu',
      profile: fieldsOf(model.fields, pool.replicas),
      replays: recordedFields(runs.map((run) => ({ ...shared, run, executors }))).fields,
    }
  })
}

/**
 * Median over fields, as a reading may fall into a slow spell that is as long as it; null where one
 * of them was not timed.
 */
function controlTime(fields: readonly RecordedField[]): number | null {
  const times = fields.flatMap(({ controlMs }) => controlMs ?? [])
  return times.length > 0 && times.length === fields.length ? median(times) : null
}

/** The control kernel runs on the processor. */
function acceleratorText(input: SimulationInput): string | null {
  const other = measuredPools(input).find(({ pool }) => pool.execution_provider !== 'cpu')
  if (other === undefined) return null
  const { name, execution_provider } = other.pool
  return `the control kernel runs on the processor, and pool ${name} on ${execution_provider}`
}

function untimedText(pools: ControlKernel['pools']): string | null {
  if (pools.length === 0) return 'no pool has a measured speed'
  if (pools.some(({ profile_ms }) => profile_ms === null)) {
    return 'the profile has no time of the control kernel; calibrate again'
  }
  return pools.some(({ replays_ms }) => replays_ms === null)
    ? 'the replays have no time of the control kernel; replay again'
    : null
}
