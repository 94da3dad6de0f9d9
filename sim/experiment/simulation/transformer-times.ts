import type { AcceleratedWork } from '../../../scenarios/schema/takes-length.ts'
import {
  type Card,
  exchangeMs,
  type KernelGroup,
  passTime,
  passWork,
  type Transformer,
} from '../../accelerator/index.ts'
import type { Ms } from '../../serving/index.ts'
import { type MeanWork, type StepBatch, type StepLaw, scattered } from '../../world/index.ts'
import { cardOf, type PlacedPool, type PoolCard, remembered } from './accelerator-card.ts'

export type TransformerWork = Extract<
  AcceleratedWork,
  { law: 'transformer-encoder' | 'transformer-decoder' }
>

/** Time of an all-reduce beside its bytes, µs; uncalibrated. */
const EXCHANGE_US = 10

/** A transformer on the accelerators of a pool. */
interface Placed extends Omit<PoolCard, 'accelerator'> {
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

function placed(work: TransformerWork, pool: PlacedPool): Placed {
  const { tensor_parallel: cards = 1 } = pool
  const { accelerator, ...card } = cardOf(work, pool)
  const model = transformerOf(work)
  const bandwidthGbS = accelerator.interconnect_gb_s?.value ?? Number.NaN
  return {
    ...{ model, cards, ...card },
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

/** Batches of an encoder, each padded to the length that is computed for all its members. */
export function encoderWork(work: TransformerWork, pool: PlacedPool): MeanWork {
  const { model, card, exchange, ...bits } = placed(work, pool)
  const mean = (size: number, length: number) => {
    const pass = { ...bits, sequences: size, tokens: length, fusedAttention: true }
    const tokens = size * length
    return passTime(card, passWork(model, pass), tokens).ms + exchange(tokens)
  }
  return scattered(remembered(mean), 'cv' in work ? work.cv : 0)
}

/**
 * Steps of a decoder. All tokens of a step share one read of the weights. Attention of sequences
 * that decode reads their KV caches, which grow by a token a step: its time is the longer of
 * computing and reading, so it has at most one knee in a run.
 */
export function decoderSteps(work: TransformerWork, pool: PlacedPool): StepLaw {
  const { model, card, exchange, ...bits } = placed(work, pool)
  const attentionCard: Card = { ...card, sharpness: Number.POSITIVE_INFINITY }
  const attention = (groups: readonly KernelGroup[]) =>
    groups.filter(({ name }) => name === 'attention')
  const others = (groups: readonly KernelGroup[]) =>
    groups.filter(({ name }) => name !== 'attention')
  const decoding = ({ decodes, context }: StepBatch) =>
    passTime(
      attentionCard,
      attention(
        passWork(model, {
          ...{ ...bits, sequences: decodes, tokens: 1, fusedAttention: true },
          past: context / decodes,
        }),
      ),
      decodes,
    )
  const lines = (batch: StepBatch) => {
    const [now, next] = [
      decoding(batch),
      decoding({ ...batch, context: batch.context + batch.decodes }),
    ]
    return {
      compute: { at: now.computeMs, growth: next.computeMs - now.computeMs },
      memory: { at: now.memoryMs, growth: next.memoryMs - now.memoryMs },
    }
  }
  return {
    stepMs: (batch) => {
      const { decodes, prefills, prefillTokens } = batch
      const tokens = decodes + prefillTokens
      const shared = passWork(model, {
        ...{ ...bits, sequences: 1, tokens, fusedAttention: true, logits: decodes + prefills },
      })
      let ms = passTime(card, others(shared), tokens).ms + exchange(tokens)
      if (decodes > 0) ms += decoding(batch).ms
      if (prefillTokens > 0) {
        const sequences = Math.max(1, prefills)
        const prompts = { ...bits, sequences, tokens: prefillTokens / sequences }
        const groups = attention(passWork(model, { ...prompts, fusedAttention: true }))
        ms += passTime(attentionCard, groups, prefillTokens).ms
      }
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
