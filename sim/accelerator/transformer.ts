/** A transformer by its dimensions. */
export interface Transformer {
  readonly kind: 'encoder' | 'decoder'
  readonly layers: number
  /** size of the hidden state */
  readonly hidden: number
  /** attention heads of a layer */
  readonly heads: number
  /** heads with keys and values: fewer than `heads` in grouped-query attention (GQA) */
  readonly kvHeads?: number
  /** size of a head; by default hidden / heads */
  readonly headSize?: number
  /** intermediate size of the feed-forward network, of each expert if there are experts */
  readonly feedForward: number
  /** three matrices (up, gate, down) rather than two */
  readonly gated: boolean
  readonly vocabulary: number
  /** rows of learned embeddings of positions and segments; 0 with rotary positions */
  readonly positions?: number
  /** input and output share one embedding: by default in encoders, which have no output layer */
  readonly tied?: boolean
  /** a dense layer over the first token, as in BERT */
  readonly pooler?: boolean
  /** mixture of experts (MoE): feed-forward networks of a layer, and those that a token uses */
  readonly experts?: number
  readonly activeExperts?: number
}

/** Widths of the projections of attention, in elements. */
export interface AttentionWidths {
  readonly queries: number
  /** of the keys, and equally of the values */
  readonly keys: number
}

export function attentionWidths(model: Transformer): AttentionWidths {
  const { heads, kvHeads = heads, hidden, headSize = hidden / heads } = model
  return { queries: heads * headSize, keys: kvHeads * headSize }
}

/** Elements of the weight matrices of a layer. */
export interface LayerWeights {
  /** projections to queries, keys and values, and from the heads to the hidden state */
  readonly attention: number
  /** one feed-forward network */
  readonly expert: number
  /** choice of experts; 0 without experts */
  readonly router: number
}

export function layerWeights(model: Transformer): LayerWeights {
  const { hidden, feedForward, gated, experts } = model
  const { queries, keys } = attentionWidths(model)
  return {
    attention: 2 * hidden * (queries + keys),
    expert: (gated ? 3 : 2) * hidden * feedForward,
    router: experts === undefined ? 0 : hidden * experts,
  }
}

/** Parameters of a model: all of them, and those that one token uses. */
export interface Parameters {
  readonly total: number
  readonly active: number
}

/**
 * Parameters from dimensions. Encoders have biases and layer norms with bias as BERT has (Devlin et
 * al. 2019). Decoders have RMS norms and no biases, as Llama has (Touvron et al. 2023).
 */
export function parameters(model: Transformer): Parameters {
  const { layers } = model
  const { attention, expert, router } = layerWeights(model)
  const { experts, active } = expertsOf(model)
  const each = attention + router + smallParameters(model)
  const ends = endParameters(model)
  return {
    total: layers * (each + experts * expert) + ends,
    active: layers * (each + active * expert) + ends,
  }
}

/** Experts of a layer, and those that a token uses; a dense model has one. */
export function expertsOf({ experts = 1, activeExperts = experts }: Transformer) {
  return { experts, active: activeExperts }
}

/** Norms and biases of a layer. */
function smallParameters(model: Transformer): number {
  const { kind, hidden, feedForward } = model
  if (kind === 'decoder') return 2 * hidden
  const { queries, keys } = attentionWidths(model)
  const biases = queries + 2 * keys + hidden + feedForward + hidden
  return biases + 4 * hidden
}

/** Embeddings, last norm, pooler and output layer. */
function endParameters(model: Transformer): number {
  const { kind, hidden, vocabulary, positions = 0, pooler = false } = model
  const { tied = kind === 'encoder' } = model
  const embeddings = (vocabulary * (tied ? 1 : 2) + positions) * hidden
  const norm = kind === 'encoder' ? 2 * hidden : hidden
  return embeddings + norm + (pooler ? hidden * (hidden + 1) : 0)
}

/** Bytes of all weights at a precision, bits a weight. */
export function weightBytes(model: Transformer, weightBits: number): number {
  return (parameters(model).total * weightBits) / 8
}

/** Bytes of the KV cache that one token takes: a key and a value in each layer. */
export function kvBytesPerToken(model: Transformer, kvBits: number): number {
  return (2 * model.layers * attentionWidths(model).keys * kvBits) / 8
}

/**
 * Expected number of distinct experts of a layer that `tokens` use, if each token draws its own
 * independently and evenly: E (1 − (1 − k / E)^n). Real routers are less even, and use fewer.
 */
export function expectedExperts(model: Transformer, tokens: number): number {
  const { experts, active } = expertsOf(model)
  return experts * (1 - (1 - active / experts) ** tokens)
}
