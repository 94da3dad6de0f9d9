import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { Blamed } from '../../../sim/documents/index.ts'
import {
  apartByLength,
  type Blame,
  type Bottleneck,
  blameLimits,
  blameOf,
  bottleneckName,
  bottleneckOf,
  executorWork,
  type FirstTokens,
  firstTokensOf,
  nextChanges,
} from '../../../sim/experiment/index.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import { pause } from '../../process/interruption.ts'
import { build } from '../../version.ts'
import { REPLICATIONS } from '../defaults.ts'
import { extrapolationWarnings } from '../extrapolation.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import type { LoadOptions, System } from '../prepare.ts'
import { profileWarnings } from '../profile-warnings.ts'
import { isFolder, keptRuns, simulatedRuns } from './blamed-runs.ts'
import { triedChanges } from './tried-changes.ts'

export interface BlameOptions extends DocumentOptions, LoadOptions {
  /** single requests to list; default 10 */
  readonly top?: number | undefined
  /** independent runs of each change that is tried; default 10 */
  readonly replications?: number | undefined
}

/**
 * Which requests waited for which others, from the rows of a folder or of one simulated replication
 * of a scenario; the bottleneck of its slowest requests; and single changes that help, each
 * simulated over the same requests.
 */
export async function blame(path: string, options: BlameOptions = {}): Promise<Blamed> {
  const { signal, onProgress, command = LIBRARY_CALL, top = 10 } = options
  const { replications = REPLICATIONS.interval } = options
  onProgress?.('reading rows', 0, 1)
  const input = isFolder(path) ? await keptRuns(path, options) : await simulatedRuns(path, options)
  const { system, runs, steps, world } = input
  await pause(signal)
  const { scenario, plan, hash } = system
  const blamed = blameOf({ scenario, plan, work: executorWork(system), runs, steps, top })
  await pause(signal)
  const bottleneck = bottleneckOf(system, runs, blamed.waits)
  if (bottleneck === null) {
    const text = 'served no request after the warm-up, so there is no tail to explain'
    throw new Failure(`${path}: ${text}`, EXIT.undecided)
  }
  const firstTokens = firstTokensOf(scenario, runs, blamed.waits).sort(
    (a, b) => forOthers(b) - forOthers(a),
  )
  const changes = [
    ...nextChanges(scenario, bottleneck.pool, blamed.groups),
    ...apartByLength(
      scenario,
      runs.map(({ rows }) => rows.columns),
      firstTokens[0]?.class ?? null,
    ),
  ]
  const tried = await triedChanges(system, changes, {
    replications,
    level: bottleneck.level,
    ttft: firstTokens[0] ?? null,
    failed: input.failed === true,
    signal,
    onProgress,
  })
  const { name, description, seed, traffic } = scenario
  return {
    document: 'spillway-blame',
    format: 1,
    ...build(),
    scenario: { name, hash, description },
    seed,
    profile: system.profile && profileLabel(system.profile),
    world,
    runs: runs.length,
    requests: blamed.requests,
    waited_ms: blamed.waitedMs,
    causes: { ...blamed.causes },
    groups: blamed.groups.map((group) => ({
      class: traffic[group.class]!.class,
      from_tokens: group.from,
      to_tokens: group.to,
      requests: group.requests,
      caused_ms: group.stallMs,
      length_ms: group.lengthMs,
      victims: group.victims,
      waited_ms: group.sufferedMs,
    })),
    flows: blamed.flows.map((flow) => [...flow]),
    top: topRequests(blamed, input),
    bottleneck: bottleneckPart(system, bottleneck),
    first_tokens: firstTokens.map((firstToken) => ({
      class: traffic[firstToken.class]!.class,
      percentile: firstToken.level,
      ttft_ms: firstToken.ttftMs,
      requests: firstToken.requests,
      parts: { ...firstToken.parts },
    })),
    replications,
    ...tried,
    limits: blameLimits(
      scenario,
      plan,
      steps.every((kept) => kept !== null),
    ),
    warnings: [
      ...profileWarnings(system.models),
      ...extrapolationWarnings(system),
      ...tried.warnings,
      ...input.warnings,
    ],
    command,
  }
}

/** Time that the slowest first tokens of a class wait for other requests. */
const forOthers = ({ parts }: FirstTokens) =>
  parts.other_requests + parts.other_prompts + parts.other_decodes

function topRequests(
  { top }: Blame,
  { runs, system }: Pick<Awaited<ReturnType<typeof keptRuns>>, 'runs' | 'system'>,
): Blamed['top'] {
  const classOf = (number: number) => system.scenario.traffic[number]!.class
  return top.map((request) => {
    const rows = runs[request.run]!.rows.columns
    return {
      run: request.run + 1,
      request: request.key,
      class: classOf(request.class),
      tokens: request.tokens,
      dispatched_ms: request.dispatched,
      runs_ms: request.runsMs,
      batch_size: request.batchSize,
      caused_ms: request.stallMs,
      victims: request.victims,
      longest: request.longest.map(({ key, ms }) => ({
        request: key,
        class: classOf(rows.class[key]!),
        tokens: rows.inputTokens[key]! + rows.outputTokens[key]!,
        both_ms: ms,
      })),
    }
  })
}

function bottleneckPart({ scenario }: System, bottleneck: Bottleneck): Blamed['bottleneck'] {
  return {
    name: bottleneckName(scenario, bottleneck),
    pool: scenario.pools[bottleneck.pool]!.name,
    bound: bottleneck.bound,
    percentile: bottleneck.level,
    latency_ms: bottleneck.latencyMs,
    requests: bottleneck.requests,
    parts: { ...bottleneck.parts },
  }
}
