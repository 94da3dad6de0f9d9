import { visibleLine } from '../../scenarios/index.ts'
import type { InspectedDecoder } from '../jobs/inspect-model.ts'

/** What a file states of a decoder, whether it can generate, and what that costs. */
export function decoderText(decoder: InspectedDecoder): string {
  const { layout, problems, vocabulary, positions } = decoder
  const kind = LAYOUTS[decoder.kind]
  if (layout === null) {
    const lines = problems.map((text) => visibleLine(`  ${text}`))
    return [`decoder: it cannot generate (${kind}):`, ...lines].join('\n')
  }
  const sizes =
    layout.kind === 'pool'
      ? `${layout.width} values of a token in the keys of a layer`
      : `${layout.kvHeads} heads of keys and values, ${layout.headSize} values each, ${layout.type}`
  const size = kib(decoder.tokenBytes!)
  return [
    `decoder: it can generate (${kind}): ${layout.layers} layers, ${sizes}`,
    `  vocabulary: ${vocabulary ?? 'not stated by the file; add vocabulary to the model'}`,
    ...(positions === null ? [] : [`  context: at most ${positions}`]),
    `  keys and values of a token: ${size}`,
    layout.kind === 'pool'
      ? '  paged: a step writes the keys and values of its own tokens only'
      : '  not paged: one cache for each sequence, and one run for each sequence of a step, ' +
        `which copies\n  all keys and values of the sequence, ${size} for each of its tokens; no cache of prefixes`,
  ].join('\n')
}

const LAYOUTS = {
  pool: 'a pool of rows',
  past: 'past_key_values and present',
} as const satisfies Record<InspectedDecoder['kind'], string>

const kib = (bytes: number) =>
  `${(bytes / 1024).toLocaleString('en-US', { maximumSignificantDigits: 3 })} KiB`
