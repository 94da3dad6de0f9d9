import {
  CONFIRMATION,
  confirmed,
  decide,
  LOOKS,
  lookLevel,
  type MeasuredBlock,
  type MetricDecision,
  type ObservedRun,
  stepAfter,
} from '../../../sim/experiment/index.ts'
import type { JobOptions } from '../options.ts'
import { Derivation } from './derived.ts'
import type { GateTraffic } from './gate-traffic.ts'
import type { LiveRounds } from './live-rounds.ts'

/** A block with the values that the gate judges: ln of head over base, a number for each metric. */
export interface JudgedBlock {
  readonly block: MeasuredBlock
  readonly values: readonly number[]
  /** of the confirmation */
  readonly fresh: boolean
}

export interface PlayedGate {
  readonly blocks: readonly JudgedBlock[]
  /** by metric: service time, and the derived percentiles; none where no look was reached */
  readonly decisions: readonly MetricDecision[]
  /** numbers of blocks after which the gate was judged */
  readonly looks: readonly number[]
  /** so many rounds did not count that a look was not reached */
  readonly incomplete: boolean
  /** derived percentiles of the base, ms */
  readonly baseMs: readonly number[]
}

export interface PlayOptions extends JobOptions {
  readonly margin: number
}

/** Plays blocks up to each look until the gate is decided, and confirms a regression. */
export async function playGate(
  traffic: GateTraffic,
  rounds: LiveRounds,
  options: PlayOptions,
): Promise<PlayedGate> {
  const { margin } = options
  const blocks: JudgedBlock[] = []
  const derive = deriving(traffic, options)
  const looks: number[] = []
  let decisions: MetricDecision[] = []
  let incomplete = false
  for (const look of LOOKS) {
    const more = await blocksUntil(look - blocks.length, rounds, {
      phase: 'base and head in blocks',
      done: blocks.length,
      of: LOOKS.at(-1)!,
    })
    if (more === null) {
      incomplete = true
      break
    }
    blocks.push(...(await derive(more, false)))
    looks.push(look)
    decisions = decide(valuesOf(blocks), margin, lookLevel())
    const step = stepAfter(decisions, look)
    if (step === 'end') break
    if (step === 'continue') continue
    const fresh = await blocksUntil(CONFIRMATION, rounds, {
      phase: 'confirming on fresh blocks',
      done: 0,
      of: CONFIRMATION,
    })
    incomplete = fresh === null
    if (fresh !== null) {
      const judged = await derive(fresh, true)
      blocks.push(...judged)
      decisions = confirmed(decisions, valuesOf(judged), margin)
    }
    break
  }
  return { blocks, decisions, looks, incomplete, baseMs: await derive.baseMs() }
}

interface Show {
  readonly phase: string
  readonly done: number
  readonly of: number
}

interface Round {
  readonly blocks: MeasuredBlock[]
  readonly runs: ObservedRun[]
}

/** As many more blocks, and the replays of the base; null where too many rounds do not count. */
async function blocksUntil(
  count: number,
  rounds: LiveRounds,
  { phase, done, of }: Show,
): Promise<Round | null> {
  const played: Round = { blocks: [], runs: [] }
  while (played.blocks.length < count) {
    const round = await rounds.next(phase, done + played.blocks.length, of)
    if (round === null) return null
    played.blocks.push(...round.blocks)
    played.runs.push(round.run)
  }
  return played
}

/**
 * Derives percentiles of blocks. The machine is learnt from the base's replays of the first look
 * only, so that all blocks are judged by the same simulation.
 */
function deriving(traffic: GateTraffic, { signal, onProgress }: PlayOptions) {
  let derivation: Derivation | null = null
  const derive = async ({ blocks, runs }: Round, fresh: boolean): Promise<JudgedBlock[]> => {
    derivation ??= new Derivation(traffic, runs, { signal })
    const judged: JudgedBlock[] = []
    for (const [i, block] of blocks.entries()) {
      onProgress?.('deriving percentiles', i, blocks.length)
      const ratios = await derivation.ratios(block)
      judged.push({ block, values: [Math.log(block.service), ...ratios], fresh })
    }
    return judged
  }
  const baseMs = async () => (await derivation?.baseMs()) ?? []
  return Object.assign(derive, { baseMs })
}

/** By metric. */
const valuesOf = (blocks: readonly JudgedBlock[]) =>
  blocks[0]!.values.map((_, metric) => blocks.map(({ values }) => values[metric]!))
