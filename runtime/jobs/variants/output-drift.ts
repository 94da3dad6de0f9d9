import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { OutputDrift } from '../../../sim/documents/index.ts'
import type { RequestList } from '../../../sim/traffic/index.ts'
import { cacheDirectory } from '../../folders/profile-paths.ts'
import { materialise, sessionOptions } from '../../models/index.ts'
import { askOnce, entryBeside } from '../../process/child.ts'
import type { System } from '../prepare.ts'
import type { DriftModel, DriftReply, DriftRequest } from './drift-process.ts'

/** Inputs by which outputs are compared: the mean of so many cosines is known well. */
const INPUTS = 64

interface Side {
  readonly name: string
  readonly system: System
}

/**
 * Output drift of a variant: the first output of its models beside those of the first variant, on
 * the inputs of the first requests. Pools are matched by name. Where a model cannot be compared,
 * the reason stands in its place; throws `Failure` only if it was interrupted.
 */
export async function outputDrift(
  first: Side & { readonly requests: RequestList },
  variant: Side,
  signal: AbortSignal,
): Promise<OutputDrift[]> {
  const drifts: OutputDrift[] = []
  for (const [j, pool] of variant.system.scenario.pools.entries()) {
    const open = { variant: variant.name, pool: pool.name, inputs: 0 }
    const none = { ...open, cosine_mean: null, cosine_least: null, top1: null }
    const i = first.system.scenario.pools.findIndex(({ name }) => name === pool.name)
    if (i < 0) {
      drifts.push({ ...none, reason: `${first.name} has no pool of this name` })
      continue
    }
    if (pool.target !== undefined || first.system.scenario.pools[i]!.target !== undefined) {
      drifts.push({ ...none, reason: 'a server runs its batches, and its outputs are not kept' })
      continue
    }
    const inputs = inputsOf(first, i)
    try {
      const reply = await compareOutputs(
        {
          a: await modelOf(first.system, i, signal),
          b: await modelOf(variant.system, j, signal),
          inputs,
        },
        signal,
      )
      drifts.push(
        typeof reply === 'string'
          ? { ...none, reason: reply }
          : { ...open, ...driftFigures(reply), inputs: inputs.length, reason: null },
      )
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error
      drifts.push({ ...none, reason: error.problems.join('; ') })
    }
  }
  return drifts
}

export function driftFigures({ cosines, rows, sameTop }: DriftReply) {
  return {
    cosine_mean: cosines.reduce((sum, value) => sum + value, 0) / cosines.length,
    cosine_least: Math.min(...cosines),
    top1: sameTop / rows,
  }
}

/** Keys and padded lengths of the first requests. */
function inputsOf(
  { system, requests: { columns } }: Side & { readonly requests: RequestList },
  pool: number,
): DriftRequest['inputs'] {
  const { padTo } = system.plan.pools[pool]!
  return Array.from(columns.inputTokens.subarray(0, INPUTS), (tokens, key) => ({
    key,
    length: paddedLength(tokens, padTo),
  }))
}

async function modelOf(
  { scenario, directory }: System,
  index: number,
  signal: AbortSignal,
): Promise<DriftModel> {
  const pool = scenario.pools[index]!
  const places = { directory, cacheDirectory: cacheDirectory(), signal }
  const file = await materialise(scenario.models[pool.model]!, pool.precision, places)
  return { file, session: sessionOptions(pool) }
}

/** Outputs of two models for the same inputs; a text where they cannot be compared. */
export async function compareOutputs(
  request: DriftRequest,
  signal: AbortSignal | undefined,
): Promise<DriftReply | string> {
  const entry = entryBeside(import.meta.url, 'drift-process')
  const name = 'the comparison of outputs'
  return askOnce<DriftReply | string>(entry, request, { name, signal })
}

/** The length that a request alone in its batch is padded to. */
export function paddedLength(tokens: number, padTo: number): number {
  return Math.ceil(tokens / padTo) * padTo
}
