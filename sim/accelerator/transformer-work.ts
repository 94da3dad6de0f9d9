import {
  attentionWidths,
  expectedExperts,
  expertsOf,
  layerWeights,
  type Transformer,
} from './transformer.ts'

/** Work of kernels that have the same bottleneck, on one card. */
export interface KernelGroup {
  readonly name: 'linear' | 'attention' | 'elementwise'
  readonly flops: number
  /** bytes moved from and to the memory of the card */
  readonly bytes: number
  /** number of kernels */
  readonly launches: number
}

/** One pass over a batch whose sequences have equal lengths. */
export interface Pass {
  readonly sequences: number
  /** tokens of each sequence that the pass computes: the prompt, or 1 in a decode step */
  readonly tokens: number
  /** tokens of each sequence that the KV cache holds already */
  readonly past?: number
  readonly weightBits: number
  readonly activationBits: number
  /** by default as activations */
  readonly kvBits?: number
  /** attention in one kernel keeps scores on the chip; otherwise they move through memory */
  readonly fusedAttention: boolean
  /** tokens of each sequence whose logits are computed; by default 1 in decoders */
  readonly logits?: number
  /** cards of tensor parallel */
  readonly cards?: number
}

/** Passes of unfused scores through memory: written, softmax reads and writes, read. */
const SCORE_PASSES = 4

/**
 * Work of a pass on one card. A matrix of weights takes 2 FLOPs a token and weight. Attention takes
 * 4 FLOPs for each pair of tokens and element of a query, 2 for the score and 2 for the value
 * (Kaplan et al. 2020, table 1). Decoders are causal: a token sees the tokens before it and itself.
 * Tensor parallel divides all work but that of norms and residuals (Shoeybi et al. 2019).
 */
export function passWork(model: Transformer, pass: Pass): KernelGroup[] {
  return [linear(model, pass), attention(model, pass), elementwise(model, pass)]
}

/** Groups of a pass as one: FLOPs and bytes. */
export function totalWork(groups: readonly KernelGroup[]): { flops: number; bytes: number } {
  return groups.reduce(
    (sum, { flops, bytes }) => ({ flops: sum.flops + flops, bytes: sum.bytes + bytes }),
    { flops: 0, bytes: 0 },
  )
}

function linear(model: Transformer, pass: Pass): KernelGroup {
  const { sequences, weightBits, activationBits, cards = 1 } = pass
  const { kind, layers, hidden, feedForward, gated, vocabulary } = model
  const { attention, expert, router } = layerWeights(model)
  const { active } = expertsOf(model)
  const { queries, keys } = attentionWidths(model)
  const n = sequences * pass.tokens
  const { logits = kind === 'decoder' ? 1 : 0 } = pass
  const rows = sequences * logits
  const output = rows > 0 ? hidden * vocabulary : 0
  const read = attention + router + expectedExperts(model, n) * expert
  // inputs and outputs of each matrix
  const inner = (gated ? 3 : 2) * feedForward + 2 * hidden
  const moved = 2 * hidden + 2 * queries + 2 * keys + active * inner
  const weights = layers * read + output
  const activations = layers * n * moved + rows * (output > 0 ? hidden + vocabulary : 0)
  return {
    name: 'linear',
    flops: (2 * (layers * n * (attention + router + active * expert) + rows * output)) / cards,
    bytes: (weights * weightBits + activations * activationBits) / 8 / cards,
    // queries, keys and values; output; up and gate; down
    launches: layers * 4 + (output > 0 ? 1 : 0),
  }
}

function attention(model: Transformer, pass: Pass): KernelGroup {
  const { sequences, tokens, past = 0, activationBits, kvBits = activationBits } = pass
  const { fusedAttention, cards = 1 } = pass
  const { kind, layers, heads } = model
  const { queries, keys } = attentionWidths(model)
  const attended = past + (kind === 'decoder' ? (tokens + 1) / 2 : tokens)
  const pairs = sequences * tokens * attended
  const scores = fusedAttention ? 0 : SCORE_PASSES * heads * pairs
  const moved = sequences * tokens * 2 * queries + scores
  const cached = sequences * (past + tokens) * 2 * keys
  return {
    name: 'attention',
    flops: (4 * layers * queries * pairs) / cards,
    bytes: (layers * (moved * activationBits + cached * kvBits)) / 8 / cards,
    launches: layers * (fusedAttention ? 1 : 3),
  }
}

/** Two norms and two residual sums of a layer, each over its input and output. */
function elementwise(model: Transformer, pass: Pass): KernelGroup {
  const { layers, hidden, feedForward, gated } = model
  const { sequences, tokens, activationBits, cards = 1 } = pass
  const { active } = expertsOf(model)
  const activation = ((gated ? 3 : 2) * active * feedForward) / cards
  const each = 2 * (2 + 3) * hidden + activation
  return {
    name: 'elementwise',
    flops: 0,
    bytes: (layers * sequences * tokens * each * activationBits) / 8,
    launches: layers * 3,
  }
}
