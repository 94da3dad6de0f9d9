import type { AcceleratedWork } from '../../../scenarios/schema/takes-length.ts'
import {
  exchangeMs,
  type KernelGroup,
  passTime,
  passWork,
  type RooflineCard,
  type Transformer,
} from '../../accelerator/index.ts'
import type { Ms } from '../../serving/index.ts'
import {
  type MeanWork,
  type StepBatch,
  type StepLaw,
  scattered,
  scatterOf,
} from '../../world/index.ts'
import { cardOf, type PlacedPool, type PoolCard, remembered } from './accelerator-card.ts'

export type TransformerWork = Extract<
  AcceleratedWork,
  { law: 'transformer-encoder' | 'transformer-decoder' }
>

/** Time of an all-reduce beside its bytes, µs; uncalibrated. */
const EXCHANGE_US = 10

/** A transformer on the accelerators of a pool. */
export interface Placed extends Omit<PoolCard, 'accelerator'> {
  readonly model: Transformer
  readonly cards: number
  /** time of the exchange between the cards in a pass over so many tokens */
  readonly exchange: (tokens: number) => Ms
}

/** The dimensions of a transformer as the models of accelerators take them. */
export function transformerOf(work: TransformerWork): Transformer {
  const { layers, hidden, heads, vocabulary, feed_forward: feedForward = 4 * hidden } = work
  const common = { layers, hidden, heads, vocabulary, feedForward }
  if (work.law === 'transformer-encoder') return { ...common, kind: 'encoder', gated: false }
  const { kv_heads: kvHeads, head_size: headSize, experts, active_experts: activeExperts } = work
  return {
    ...common,
    kind: 'decoder',
    gated: work.gated,
    ...(kvHeads !== undefined && { kvHeads }),
    ...(headSize !== undefined && { headSize }),
    ...(experts !== undefined && { experts }),
    ...(activeExperts !== undefined && { activeExperts }),
  }
}

export function placed(work: TransformerWork, pool: PlacedPool): Placed {
  const { tensor_parallel: cards = 1 } = pool
  const { accelerator, ...card } = cardOf(work, pool)
  const model = transformerOf(work)
  const bandwidthGbS = accelerator.interconnect_gb_s?.value ?? Number.NaN
  return {
    model,
    cards,
    ...card,
    exchange: (tokens) =>
      cards === 1
        ? 0
        : exchangeMs(
            model,
            { tokens, bits: card.activationBits, cards },
            { bandwidthGbS, latencyUs: EXCHANGE_US },
          ),
  }
}

/** A part of a pass whose groups of kernels share a card and a number of tokens. */
export interface PassPart {
  readonly groups: readonly KernelGroup[]
  readonly tokens: number
  /** whether its knee is that of the roofline, whatever the sharpness of linear layers */
  readonly sharp: boolean
}

/** Work of a batch of an encoder, padded to the length that is computed for all its members. */
export function batchPart(on: Placed, size: number, length: number): PassPart {
  const { model, weightBits, activationBits, cards } = on
  const pass = { weightBits, activationBits, cards, sequences: size, tokens: length }
  const groups = passWork(model, { ...pass, fusedAttention: true })
  return { groups, tokens: size * length, sharp: false }
}

/**
 * Work of a step of a decoder: first what all tokens share, then attention of sequences that decode
 * and of prompts, as far as the step has them.
 */
export function stepParts(on: Placed, batch: StepBatch): PassPart[] {
  const { model, weightBits, activationBits, cards } = on
  const bits = { weightBits, activationBits, cards, fusedAttention: true }
  const { decodes, prefills, prefillTokens } = batch
  const tokens = decodes + prefillTokens
  const shared = passWork(model, { ...bits, sequences: 1, tokens, logits: decodes + prefills })
  const groups = shared.filter(({ name }) => name !== 'attention')
  const parts: PassPart[] = [{ groups, tokens, sharp: false }]
  if (decodes > 0) parts.push(decodingPart(on, batch))
  if (prefillTokens > 0) {
    // of a prompt that ends in a later step, its chunk; a mean step has a part of a prompt
    const sequences = prefills > 0 ? prefills : 1
    const prompts = { ...bits, sequences, tokens: prefillTokens / sequences }
    const attention = passWork(model, prompts).filter(({ name }) => name === 'attention')
    parts.push({ groups: attention, tokens: prefillTokens, sharp: true })
  }
  return parts
}

function decodingPart(
  { model, weightBits, activationBits, cards }: Placed,
  { decodes, context }: StepBatch,
): PassPart {
  const bits = { weightBits, activationBits, cards, fusedAttention: true }
  const pass = { ...bits, sequences: decodes, tokens: 1, past: context / decodes }
  const groups = passWork(model, pass).filter(({ name }) => name === 'attention')
  return { groups, tokens: decodes, sharp: true }
}

/** Batches of an encoder, each padded to the length that is computed for all its members. */
export function encoderWork(work: TransformerWork, pool: PlacedPool): MeanWork {
  const on = placed(work, pool)
  const mean = (size: number, length: number) => {
    const { groups, tokens } = batchPart(on, size, length)
    return passTime(on.card, groups, tokens).ms + on.exchange(tokens)
  }
  return scattered(remembered(mean), work)
}

const ONE_DECODES: StepBatch = Object.freeze({
  decodes: 1,
  prefills: 0,
  prefillTokens: 0,
  context: 1,
})

/**
 * Steps of a decoder. All tokens of a step share one read of the weights. Attention of sequences
 * that decode reads their KV caches, which grow by a token a step: its time is the longer of
 * computing and reading, so it has at most one knee in a run.
 */
export function decoderSteps(work: TransformerWork, pool: PlacedPool): StepLaw {
  const on = placed(work, pool)
  const sharpCard: RooflineCard = { ...on.card, sharpness: Number.POSITIVE_INFINITY }
  const timeOf = ({ groups, tokens, sharp }: PassPart) =>
    passTime(sharp ? sharpCard : on.card, groups, tokens)
  const linesOf = (batch: StepBatch) => {
    const [now, next] = [
      timeOf(decodingPart(on, batch)),
      timeOf(decodingPart(on, { ...batch, context: batch.context + batch.decodes })),
    ]
    return {
      compute: { at: now.computeMs, growth: next.computeMs - now.computeMs },
      memory: { at: now.memoryMs, growth: next.memoryMs - now.memoryMs },
    }
  }
  // growth and knee are those of one batch, one after the other
  let { decodes, context } = ONE_DECODES
  let known = linesOf(ONE_DECODES)
  const lines = (batch: StepBatch) => {
    if (batch.decodes !== decodes || batch.context !== context) {
      decodes = batch.decodes
      context = batch.context
      known = linesOf(batch)
    }
    return known
  }
  return {
    scatter: scatterOf(work),
    stepMs: (batch) => {
      let ms = on.exchange(batch.decodes + batch.prefillTokens)
      for (const part of stepParts(on, batch)) ms += timeOf(part).ms
      return ms
    },
    growthMs: (batch) => {
      if (batch.decodes === 0) return 0
      const { compute, memory } = lines(batch)
      const computes =
        compute.at > memory.at || (compute.at === memory.at && compute.growth > memory.growth)
      return computes ? compute.growth : memory.growth
    },
    straightSteps: (batch) => {
      if (batch.decodes === 0) return Number.POSITIVE_INFINITY
      const { compute, memory } = lines(batch)
      const [lead, gain] = [compute.at - memory.at, memory.growth - compute.growth]
      // the line that is lower now overtakes the other where it grows faster
      const steps = lead * gain > 0 ? lead / gain : Number.POSITIVE_INFINITY
      return Math.max(1, Math.ceil(steps))
    },
  }
}
