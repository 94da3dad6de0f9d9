/** Options of `models build` for a built-in kind. */

export const KINDS = ['mlp', 'transformer-encoder', 'transformer-decoder']

/** Options of a built-in kind, as typed; the scenario schema validates them. */
export const PARAMETERS = {
  layers: 'layers of a built-in kind',
  width: 'width of mlp',
  hidden: 'width of a transformer, a multiple of heads',
  heads: 'attention heads of a transformer',
  kv_heads: 'heads of keys and values of transformer-decoder',
  vocabulary: 'vocabulary of a transformer',
  context: 'most tokens of a prompt and its answer of transformer-decoder',
  seed: 'seed of the weights of a built-in kind',
} as const

type Parameter = keyof typeof PARAMETERS

export const PARAMETER_NAMES = Object.keys(PARAMETERS) as Parameter[]

/** The flag of a key of the scenario. */
export const flagOf = (name: string) => `--${name.replaceAll('_', '-')}`

/** What Commander calls the option of a key. */
export const optionOf = (name: Parameter) => (name === 'kv_heads' ? 'kvHeads' : name)
