import { EXIT, Failure, isServed } from '../../scenarios/index.ts'
import {
  type Comparison,
  type MemoryComparison,
  type Result,
  tokenChecks,
  worst,
} from '../../sim/documents/index.ts'
import {
  agreement,
  besideInputs,
  clientSystem,
  compareArenas,
  compareRuns,
  disturbedProfile,
  executorWork,
  explained,
  firstTokenDelays,
  latenciesOf,
  measuredRanOut,
  memoryCheck,
  memoryResult,
  type RunSummary,
  recordingsOf,
  simulatedPercentiles,
  simulatedRanOut,
  stabilityOf,
  stepWindowOf,
} from '../../sim/experiment/index.ts'
import { profileLabel } from '../folders/profile-file.ts'
import { pause } from '../process/interruption.ts'
import { build } from '../version.ts'
import { auditCheck } from './audit-runs.ts'
import { REPLICATIONS } from './defaults.ts'
import type { KeptReplays } from './kept-replays.ts'
import { type DocumentOptions, LIBRARY_CALL } from './options.ts'
import { predictChange } from './predict-change.ts'
import { predictReplays } from './predict-replays.ts'
import type { System } from './prepare.ts'
import { refuseComparison, refuseServers } from './refuse.ts'

/** One side of a comparison, whether it was just replayed or read back. */
export type ComparedSide = Omit<KeptReplays, 'result'> & {
  readonly system: System
  readonly result: Pick<Result, 'host' | 'stability'>
}

export interface CompareOptions extends DocumentOptions {
  /** simulations behind the prediction; default 40 */
  readonly replications?: number | undefined
}

/** Compares replays with simulations and, where there is a second side, the change between them. */
export async function compare(
  first: ComparedSide,
  second: ComparedSide | null = null,
  options: CompareOptions = {},
): Promise<Comparison> {
  const { system, requests, replays } = first
  const { scenario, plan, hash, profile } = system
  if (profile === null)
    throw new Error('Expected a system with a profile: declared work cannot run')
  const { replications = REPLICATIONS.band, signal, onProgress, command = LIBRARY_CALL } = options
  refuseComparison(second === null ? [system] : [system, second.system])
  if (second !== null) refuseServers([system, second.system], 'a what-if')
  const idle = replays.runs.findIndex(
    ({ rows }) => latenciesOf(rows, scenario.warmup_s * 1000).values.length === 0,
  )
  if (idle >= 0) {
    const text = `replay ${idle + 1} served no request after the warm-up; nothing to compare`
    throw new Failure(`${system.file}: ${text}`, EXIT.undecided)
  }
  const input = { ...system, requests }
  const seen = clientSystem(input)
  const hidden = seen === input ? undefined : hiddenText(system)
  const replayed = { runs: replays.runs, host: first.result.host, profileHost: profile.host }
  const job = { replications, signal, onProgress }
  const { predictions, inputs, change } = await predictReplays(input, replayed, job)
  const observed = {
    ...{ plan: seen.plan, requests, replays: replays.runs, seed: scenario.seed },
    work: executorWork(seen),
    warmupMs: scenario.warmup_s * 1000,
    durationMs: scenario.duration_s * 1000,
  }
  const { checks: runChecks, ...compared } = compareRuns({
    ...observed,
    firstTokenDelaysMs: firstTokenDelays(scenario.traffic),
    predictions: predictions.map(simulatedPercentiles),
    recordings: recordingsOf(system),
    inputs: inputs.map((ends) => ends.map((runs) => runs.map(simulatedPercentiles))),
    change,
    hidden,
    disturbed: disturbedProfile(system.models, plan),
    onProgress: (done, of) => onProgress?.("simulating each replay's machine", done, of),
  })
  const steps = stepWindowOf({
    ...observed,
    replay: firstCounted(compared.not_counted, replays.runs.length),
    pools: scenario.pools,
  })
  const simulated = simulatedRanOut(predictions.map(({ memory }) => memory))
  const measured = measuredRanOut(replays.runs.map(({ rows }) => rows))
  const stability = {
    predicted: stabilityOf(
      predictions.map(({ drift }) => drift),
      scenario.pools,
    ),
    measured: first.result.stability,
  }
  const agreed = agreement(runChecks.prediction, {
    ...stability,
    replays: replays.runs.length - compared.not_counted.length,
    control: compared.control_kernel,
  })
  const explainedCheck = explained(agreed, simulated, measured)
  const checks = { ...runChecks, prediction: besideInputs(explainedCheck, input) }
  await pause(signal)
  const whatIf = second && (await predictChange(first, second, job))
  const memory = compareMemory(first, predictions)
  const arenas = memory && memoryCheck(memory)
  const audit = await auditCheck(second === null ? [first] : [first, second], {
    signal,
    onProgress,
  })
  const what_if = whatIf?.document ?? null
  const ofTokens = tokenChecks({ ...compared, what_if })
  const others = [whatIf?.check, arenas, audit].flatMap((check) => check ?? [])
  const verdicts = [checks.structure ?? [], checks.prediction, ...others, ...ofTokens].flat()
  return {
    document: 'spillway-comparison',
    format: 1,
    ...build(),
    scenario: { name: scenario.name, hash, description: scenario.description },
    seed: scenario.seed,
    profile: profileLabel(profile),
    requests: requests.hash(),
    replays: replays.runs.length,
    replications,
    ...compared,
    ...(steps !== null && { steps }),
    stability,
    what_if,
    memory,
    checks: { ...checks, what_if: whatIf?.check ?? null, memory: arenas, audit },
    verdict: worst(verdicts.map((check) => check.verdict)),
    command,
  }
}

/** What a replay against a server does not show. */
const hiddenText = ({ scenario }: System) =>
  `what the server of pool ${scenario.pools.find(isServed)!.name} does with requests: its queue, its batches and its machine`

/** The number of the first replay that counts; 0 where none does. */
function firstCounted(notCounted: Comparison['not_counted'], replays: number): number {
  const numbers = notCounted.map(({ replay }) => replay)
  const first = Array.from({ length: replays }, (_, i) => i).find((i) => !numbers.includes(i))
  return first ?? 0
}

/** The arenas of the first replay beside the model of them; null where none was observed. */
function compareMemory(
  { system, arena }: ComparedSide,
  predictions: readonly RunSummary[],
): MemoryComparison[] | null {
  if (arena === null) return null
  const { models } = system
  const { pools } = system.scenario
  const spaces = memoryResult(predictions.map(({ memory }) => memory))
  return compareArenas(
    arena.replicas.map((replica) => {
      const index = pools.findIndex(({ name }) => name === replica.pool)
      const space = spaces.find(({ shared, name }) => !shared && name === replica.pool) ?? null
      return {
        arena: replica,
        memory: pools[index]!.memory!,
        plan: models[index]?.memory ?? null,
        space,
      }
    }),
  )
}
