import { median } from 'simple-statistics'
import type { Accelerator, Precision } from '../../../scenarios/index.ts'
import type { MeasuredPass } from '../../../sim/accelerator/index.ts'
import { decoderPass, encoderPass, type TransformerWork } from '../../../sim/experiment/index.ts'
import { bertRows, haveBert, type Precision as PublishedPrecision } from './bert-rows.ts'
import { accelerator, FITTED_CARDS } from './encoder-fits.ts'
import { factsTable } from './facts.ts'

/** Published tables of one model on several cards, as passes that a fit can take. */

/** Public source of the runs of decoders. */
export const RUNS_SOURCE = 'Mutinifni/splitwise-sim@8f99e7dc, data/perf_model.csv'

const RUNS = factsTable('../splitwise_perf_model.csv.gz')

export const haveTransfers = () => haveBert() && RUNS.exists

/** The rows of a model on a card at a precision, by one engine. */
export interface MeasuredSeries {
  readonly kind: 'encoder' | 'decoder'
  readonly model: string
  readonly card: string
  readonly precision: string
  readonly engine: string
  readonly tensor_parallel: number
  readonly passes: readonly MeasuredPass[]
}

const BERT = {
  law: 'transformer-encoder',
  layers: 12,
  hidden: 768,
  heads: 12,
  vocabulary: 30_522,
  cv: 0,
} as const satisfies TransformerWork

const PRECISIONS: Readonly<Record<PublishedPrecision, Precision>> = {
  FP32: 'fp32',
  TF32: 'tf32',
  FP16: 'fp16',
  'INT8-v1': 'int8',
  'INT8-v2': 'int8',
}

/** Names of fits: each row is fitted with the others of its series alone. */
const ONE = { precision: 'all', kernels: 'all' } as const

export async function encoderSeries(): Promise<MeasuredSeries[]> {
  const rows = bertRows()
  const series: MeasuredSeries[] = []
  for (const [card, gpu] of Object.entries(FITTED_CARDS)) {
    const sheet = await accelerator(card)
    const own = rows.filter((row) => row.gpu === gpu)
    for (const name of new Set(own.map((row) => `${row.framework} ${row.precision}`))) {
      const of = own.filter((row) => `${row.framework} ${row.precision}` === name)
      const { framework, precision } = of[0]!
      const pool = { accelerator: sheet, precision: PRECISIONS[precision] }
      const passes = of.map(({ batch, length, ms }) => ({
        ...encoderPass(BERT, pool, { size: batch, length }),
        ...ONE,
        at: { batch, length },
        ms,
      }))
      series.push({
        kind: 'encoder',
        model: 'BERT-base',
        card,
        precision,
        engine: framework,
        tensor_parallel: 1,
        passes,
      })
    }
  }
  return series
}

const DECODERS: Readonly<Record<string, TransformerWork>> = {
  'llama2-70b': {
    law: 'transformer-decoder',
    layers: 80,
    hidden: 8192,
    heads: 64,
    kv_heads: 8,
    feed_forward: 28_672,
    gated: true,
    vocabulary: 32_000,
  },
  'bloom-176b': {
    law: 'transformer-decoder',
    layers: 70,
    hidden: 14_336,
    heads: 112,
    gated: false,
    vocabulary: 250_880,
  },
}

const HARDWARE: Readonly<Record<string, string>> = {
  'a100-80gb': 'a100-sxm-80',
  'h100-80gb': 'h100-sxm',
}

/**
 * Prompts and steps that decode; rows under a power cap are modelled, not run. 64 prompts of
 * Llama-2-70B take less time on two cards than 16 do, so they did not all run at once: left out.
 */
export async function decoderSeries(): Promise<MeasuredSeries[]> {
  const rows = RUNS.rows().filter(
    ({ hardware, tensor_parallel, batch_size }) =>
      hardware! in HARDWARE && !(tensor_parallel === '2' && batch_size === '64'),
  )
  const nameOf = (row: Record<string, string>) =>
    [row.model, row.hardware, row.tensor_parallel].join(' ')
  const series: MeasuredSeries[] = []
  for (const name of new Set(rows.map(nameOf))) {
    const own = rows.filter((row) => nameOf(row) === name)
    const { model, hardware, tensor_parallel: cards } = own[0]!
    const card = HARDWARE[hardware!]!
    const passes = passesOf(own, DECODERS[model!]!, await accelerator(card), Number(cards))
    series.push({
      kind: 'decoder',
      model: model!,
      card,
      precision: 'FP16',
      engine: 'not stated',
      tensor_parallel: Number(cards),
      passes,
    })
  }
  return series
}

function passesOf(
  rows: readonly Record<string, string>[],
  work: TransformerWork,
  sheet: Accelerator,
  cards: number,
): MeasuredPass[] {
  const pool = { accelerator: sheet, precision: 'fp16', tensor_parallel: cards } as const
  const times = new Map<string, { prefill: number[]; decode: number[] }>()
  for (const { prompt_size, batch_size, token_size, prompt_time, token_time } of rows) {
    const cell = `${batch_size} ${prompt_size} ${token_size}`
    const known = times.get(cell) ?? { prefill: [], decode: [] }
    known.prefill.push(Number(prompt_time))
    known.decode.push(Number(token_time))
    times.set(cell, known)
  }
  const passes: MeasuredPass[] = []
  const prompts = new Map<string, { batch: number; prompt: number; ms: number[] }>()
  for (const [cell, { prefill, decode }] of times) {
    const [batch, prompt, answer] = cell.split(' ').map(Number) as [number, number, number]
    const length = Math.round(prompt + answer / 2)
    passes.push({
      ...decoderPass(work, pool, {
        decodes: batch,
        context: batch * length,
        prefills: 0,
        prefillTokens: 0,
      }),
      ...ONE,
      at: { batch, length, prefill_tokens: 0 },
      ms: median(decode),
    })
    // the time of a prompt does not depend on its answer
    const key = `${batch} ${prompt}`
    const own = prompts.get(key) ?? { batch, prompt, ms: [] }
    own.ms.push(...prefill)
    prompts.set(key, own)
  }
  for (const { batch, prompt, ms } of prompts.values()) {
    passes.push({
      ...decoderPass(work, pool, {
        decodes: 0,
        context: 0,
        prefills: batch,
        prefillTokens: batch * prompt,
      }),
      ...ONE,
      at: { batch: 0, length: 0, prefill_tokens: batch * prompt },
      ms: median(ms),
    })
  }
  return passes
}
