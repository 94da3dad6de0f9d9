import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type MeasuredVariants, variantsSchema } from '../../../sim/documents/index.ts'
import { measuredRatios, variantFigures } from '../../../sim/experiment/index.ts'
import type { FolderChange } from '../../folders/replace-files.ts'
import { readDocument } from '../../folders/run-folder.ts'
import { auditCheck } from '../audit-runs.ts'
import { dropReplays, keepReplays } from '../kept-replays.ts'
import type { JobOptions } from '../options.ts'
import { refuseLive } from '../refuse.ts'
import { type ReplayedSide, replay } from '../replay.ts'
import { summariseReplays } from '../replays.ts'
import type { NamedSystem } from './load-variants.ts'
import { outputDrift } from './output-drift.ts'

/** What replays of variants found, and the replays themselves, to be kept. */
export interface ReplayedVariants {
  readonly document: MeasuredVariants
  readonly sides: readonly (ReplayedSide & { readonly name: string })[]
}

/**
 * Replays all variants in alternating slices, on one machine in one process each, and runs the
 * models of each on the same inputs as those of the first.
 */
export async function replayVariants(
  named: readonly NamedSystem[],
  {
    replays,
    signal,
    onProgress,
  }: JobOptions & { readonly replays: number; readonly signal: AbortSignal },
): Promise<ReplayedVariants> {
  const systems = named.map(({ system }) => system)
  refuseLive(systems)
  const [first, ...others] = systems
  const played = await replay([first!, ...others], { replays, signal, onProgress })
  const sides = played.map((side, i) => ({ ...side, name: named[i]!.name }))
  const output_drift: MeasuredVariants['output_drift'] = []
  for (const [i, side] of sides.entries()) {
    if (i === 0) continue
    onProgress?.('comparing outputs', i - 1, sides.length - 1)
    output_drift.push(...(await outputDrift(sides[0]!, side, signal)))
  }
  const warmup = ({ system }: ReplayedSide) => system.scenario.warmup_s * 1000
  const compared = measuredRatios(
    sides.map((side) => ({
      name: side.name,
      sides: side.replays.runs.map((run) => ({ run, warmupMs: warmup(side) })),
    })),
    first!.scenario.seed,
  )
  const document: MeasuredVariants = {
    replays,
    ...compared,
    variants: sides.map(({ name, system, requests, replays: { runs }, result }) => ({
      name,
      requests: requests.hash(),
      figures: variantFigures({
        runs: summariseReplays(system, runs, requests),
      }),
      stability: result.stability,
      tail: result.tail,
    })),
    output_drift,
    audit: await auditCheck(sides),
    warnings: sides.flatMap(({ name, result }) =>
      result.warnings.map((text) => `${name}: ${text}`),
    ),
  }
  return { document, sides }
}

/**
 * Keeps the replays of each variant in a folder of its name, as `replay --out` keeps them, and
 * removes those of earlier variants.
 */
export async function keepVariants(
  change: FolderChange,
  replayed: ReplayedVariants | null,
  signal: AbortSignal,
): Promise<void> {
  const earlier = await readDocument(change.directory, 'variants', variantsSchema).catch(() => null)
  const names = new Set(replayed?.sides.map(({ name }) => name))
  for (const { name } of earlier?.measured?.variants ?? []) {
    if (names.has(name) || !existsSync(join(change.directory, name))) continue
    const folder = change.below(name)
    await dropReplays(folder)
    for (const file of ['measured.json', 'profile.json', 'scenario.json', 'requests.jsonl']) {
      folder.remove(file)
    }
  }
  for (const side of replayed?.sides ?? []) {
    await keepReplays(change.below(side.name), [side], signal)
  }
}
