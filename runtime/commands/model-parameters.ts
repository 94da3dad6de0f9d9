/** Options of `models build` for a built-in kind. */

export const KINDS = ['mlp', 'transformer-encoder']

/** Options of a built-in kind, as typed; the scenario schema validates them. */
export const PARAMETERS = {
  layers: 'layers of a built-in kind',
  width: 'width of mlp',
  hidden: 'width of transformer-encoder, a multiple of heads',
  heads: 'attention heads of transformer-encoder',
  vocabulary: 'vocabulary of transformer-encoder',
  seed: 'seed of the weights of a built-in kind',
} as const
export const PARAMETER_NAMES = Object.keys(PARAMETERS) as (keyof typeof PARAMETERS)[]
