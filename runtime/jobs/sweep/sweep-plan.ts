import { EXIT, Failure, gridPoint, gridSize, readPoints } from '../../../scenarios/index.ts'
import type { SweepManifest, SweepRow } from '../../../sim/documents/index.ts'
import { sweepFigure } from '../../../sim/experiment/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import { build } from '../../version.ts'
import { differencesOf, type Parts } from '../configurations/differences.ts'
import { searchSpace } from '../configurations/search-space.ts'
import { loadSystem, type System } from '../prepare.ts'
import type { ConfigurationBase } from '../simulations/configuration-runs.ts'

/** A part of a sweep, `index` from 1 to `of`. */
export interface Shard {
  readonly index: number
  readonly of: number
}

export interface SweepRequest {
  /** a scenario file, or the name of a shipped scenario */
  readonly path: string
  /** texts of `--set`: with several values a dimension of the grid, otherwise for all */
  readonly set?: readonly string[] | undefined
  /** a CSV file of configurations, in place of a grid */
  readonly points?: string | undefined
  readonly seed?: number | undefined
  readonly profile?: string | undefined
  readonly replications: number
  /** adds replications until half of each interval is at most this share of its value */
  readonly precision?: number | undefined
  readonly shard?: Shard | undefined
}

/** A sweep as it is planned: what is simulated, and what it is simulated with. */
export interface PlannedSweep {
  readonly manifest: SweepManifest
  readonly base: ConfigurationBase
  /** the scenario without the changes of the configurations */
  readonly system: System
}

/**
 * Reads what is to be simulated. All configurations use profile and rates of the scenario without
 * their changes: figures of two machines, or of other traffic, would not be comparable. Throws
 * `Failure`.
 */
export async function planSweep(
  request: SweepRequest,
  signal?: AbortSignal,
): Promise<PlannedSweep> {
  const { path, points: file, seed, replications, precision = null, shard = null } = request
  const { set, dimensions } = searchSpace(request.set ?? [])
  const points = file === undefined ? null : await readPoints(file)
  const twice = points === null ? [] : dimensions.map(({ path: name }) => name)
  const refusal = 'put every value that changes into the file of --points'
  if (twice.length > 0) {
    throw new Failure(`--set ${twice[0]}: several values beside --points; ${refusal}`, EXIT.usage)
  }
  if (points === null && dimensions.length === 0) throw new Failure(NOTHING, EXIT.usage)
  const system = await loadSystem(path, { set, seed, signal, profile: request.profile })
  const { scenario, hash, profile, capacityRps } = system
  const paths = points?.paths.slice() ?? dimensions.map(({ path: name }) => name)
  return {
    system,
    base: { path, set, seed, profile: profile ?? request.profile, loadOfRps: capacityRps },
    manifest: {
      document: 'spillway-sweep-manifest',
      format: 1,
      ...build(),
      scenario: { name: scenario.name, hash, description: scenario.description, file: path },
      profile: profile && profileLabel(profile as Profile),
      seed: scenario.seed,
      replications,
      precision,
      set: [...set],
      paths,
      grid: points === null ? dimensions.map(({ values }) => [...values]) : null,
      figure: sweepFigure(scenario, paths),
      points: points?.rows.map((row) => [...row]) ?? null,
      shard,
    },
  }
}

const NOTHING =
  'nothing to sweep; give several values such as --set pools.0.replicas=1..4, or --points FILE'

/** How many configurations all shards have together. */
export const sizeOf = (plan: SweepManifest) => plan.points?.length ?? gridSize(dimensionsOf(plan))

/** Values of the configuration `number`, from 1, in the order of the paths. */
export function valuesOf(plan: SweepManifest, number: number): string[] {
  const { paths, points } = plan
  if (points !== null) return [...points[number - 1]!]
  const texts = gridPoint(dimensionsOf(plan), number - 1)
  return texts.map((text, i) => text.slice(paths[i]!.length + 1))
}

/** Overrides `path=value` of a configuration with these values. */
export const overridesOf = ({ paths }: SweepManifest, values: readonly string[]): string[] =>
  values.map((value, i) => `${paths[i]}=${value}`)

const dimensionsOf = ({ paths, grid }: SweepManifest) =>
  (grid ?? []).map((values, i) => ({ path: paths[i]!, values }))

/** Whether a configuration belongs to the shard of a plan. */
export const inShard = ({ shard }: SweepManifest, number: number) =>
  shard === null || number % shard.of === shard.index % shard.of

/**
 * Whether a row is of a plan and its shard: a number alone could be of any plan, so that its values
 * have to be those of the plan, too.
 */
export function isRowOf(
  plan: SweepManifest,
): (row: Pick<SweepRow, 'configuration' | 'values'>) => boolean {
  const size = sizeOf(plan)
  return ({ configuration: number, values }) => {
    if (number > size || !inShard(plan, number)) return false
    const planned = valuesOf(plan, number)
    return values.length === planned.length && values.every((value, i) => value === planned[i])
  }
}

/** Numbers of the configurations of a plan's shard, in order. */
export function* numbersOf(plan: SweepManifest): Generator<number> {
  const { index, of } = plan.shard ?? { index: 1, of: 1 }
  for (let number = index; number <= sizeOf(plan); number += of) yield number
}

/** How many configurations the shard of a plan has. */
export function shardSize(plan: SweepManifest): number {
  const { index, of } = plan.shard ?? { index: 1, of: 1 }
  return Math.max(0, Math.ceil((sizeOf(plan) - index + 1) / of))
}

/** What two plans differ in, each with the value of both: "seed: 1 there, 2 here". */
export function planDifferences(there: SweepManifest, here: SweepManifest): string[] {
  const parts: Parts<SweepManifest> = [
    ['version', ({ version }) => version],
    ['commit', ({ commit }) => commit],
    ['scenario', ({ scenario }) => `${scenario.name} (${scenario.hash})`],
    ['profile', ({ profile }) => profile && `${profile.name} (${profile.hash})`],
    ['seed', ({ seed }) => seed],
    ['replications', ({ replications }) => replications],
    ['precision', ({ precision }) => precision],
    ['--set', ({ set }) => set],
    ['values', ({ paths, grid }) => grid?.map((values, i) => `${paths[i]}=${values.join(',')}`)],
    ['points', ({ paths, points }) => points && [paths, points]],
  ]
  return differencesOf(parts, there, here)
}

/** "shard 2/3" as a user types it. */
export const shardText = ({ index, of }: Shard) => `${index}/${of}`
