import type { Pool, Scenario, Work } from '../../../scenarios/schema/schema.ts'
import { isAccelerated } from '../../../scenarios/schema/takes-length.ts'
import { type Change, changesKey, TRANSFER_WIDTHS, type TransferWidth } from './transfer-widths.ts'

/** A pool whose times were fitted elsewhere: on another card, at another precision or so. */
export interface Transfer {
  readonly pool: string
  readonly model: string
  /** "t4 at fp16" */
  readonly fittedOn: string
  readonly usedOn: string
  readonly changes: readonly Change[]
  /** what such transfers missed by; null where none was measured */
  readonly width: TransferWidth | null
}

type Fitted = NonNullable<ReturnType<typeof fittedOf>>

/** What the work of a model was fitted to; undefined where it states nothing. */
export function fittedOf(work: Work) {
  if (isAccelerated(work)) return work.efficiency?.fitted
  return work.law === 'generation' ? work.fitted : undefined
}

/** The work of the model of a pool, where it is declared. */
export function declaredOf({ models, pools }: Scenario, pool: number): Work | null {
  const model = models[pools[pool]!.model]!
  return 'work' in model ? model.work : null
}

export const transfersOf = (scenario: Scenario): Transfer[] =>
  scenario.pools.flatMap((_, i) => transferOf(scenario, i) ?? [])

/** Null where a pool is what its model was fitted on, or where that is unknown. */
export function transferOf(scenario: Scenario, i: number): Transfer | null {
  const work = declaredOf(scenario, i)
  const fitted = work === null ? undefined : fittedOf(work)
  if (work === null || fitted === undefined) return null
  const pool = scenario.pools[i]!
  const changes = changesOf(fitted, pool)
  if (changes.length === 0) return null
  return {
    pool: pool.name,
    model: pool.model,
    fittedOn: placeText(fitted),
    usedOn: placeText({ ...pool, accelerator: cardName(pool) ?? undefined }),
    changes,
    width: widthOf(work, changes),
  }
}

function changesOf(fitted: Fitted, pool: Pool): Change[] {
  const { accelerator, precision, engine, tensor_parallel = 1, partition = 1 } = fitted
  const card = cardName(pool)
  const differs = (a: unknown, b: unknown) => a !== undefined && b !== undefined && a !== b
  // without a card nothing is known of how many there were, either
  const hasCards = accelerator !== undefined && card !== null
  const comparisons: readonly (readonly [Change, boolean])[] = [
    ['card', hasCards && accelerator !== card],
    ['precision', differs(precision, pool.precision)],
    ['engine', differs(engine, pool.engine)],
    ['tensor_parallel', hasCards && tensor_parallel !== (pool.tensor_parallel ?? 1)],
    ['partition', hasCards && partition !== (pool.partition ?? 1)],
  ]
  return comparisons.flatMap(([change, differs]) => (differs ? [change] : []))
}

/** The name of the card of a pool; null where it states none. */
export const cardName = ({ accelerator }: Pool): string | null =>
  typeof accelerator === 'string' ? null : accelerator.name

interface Place extends Pick<Fitted, 'accelerator' | 'engine' | 'tensor_parallel' | 'partition'> {
  readonly precision?: string | undefined
}

/** "a quarter of 2 x t4 at fp16, by vLLM": a card, a precision and an engine. */
function placeText(place: Place): string {
  const { accelerator = 'an unknown card', precision, engine } = place
  const { tensor_parallel: cards = 1, partition = 1 } = place
  const share = partition === 1 ? '' : `${Number((100 * partition).toPrecision(3))} % of `
  const many = cards === 1 ? '' : `${cards} x `
  const at = precision === undefined ? '' : ` at ${precision}`
  return `${share}${many}${accelerator}${at}${engine === undefined ? '' : ` by ${engine}`}`
}

function widthOf({ law }: Work, changes: readonly Change[]): TransferWidth | null {
  if (law !== 'transformer-encoder' && law !== 'transformer-decoder') return null
  const kind = law === 'transformer-encoder' ? 'encoder' : 'decoder'
  return TRANSFER_WIDTHS[kind][changesKey(changes)] ?? null
}

/** "transfers of this kind missed by −39 … +55 %", as the end of a sentence. */
export function missedText({ width }: Pick<Transfer, 'width'>): string {
  if (width === null) return 'no transfer of this kind was measured'
  const percent = (share: number) => {
    const size = Math.round(100 * Math.abs(share))
    return `${share < 0 ? '−' : '+'}${size}`
  }
  return `transfers of this kind missed by ${percent(width.low)} … ${percent(width.high)} %`
}

/** A sentence for each pool whose times are transferred. */
export function transferWarnings(scenario: Scenario): string[] {
  return scenario.pools.flatMap((_, i) => {
    const transfer = transferOf(scenario, i)
    return transfer === null ? [] : [warningOf(transfer, declaredOf(scenario, i)!)]
  })
}

function warningOf(transfer: Transfer, work: Work): string {
  const { pool, model, fittedOn, usedOn } = transfer
  const error = fittedOf(work)?.error
  const stated =
    error === undefined
      ? ''
      : `; the error of ${Number((100 * error).toPrecision(2))} % that the fit states is not of this`
  const same =
    work.law === 'generation' ? ', and times of a step do not follow from the accelerator' : ''
  return `pool ${pool}: times of ${model} are transferred: fitted on ${fittedOn}, used on ${usedOn}; ${missedText(transfer)}${same}${stated}`
}
