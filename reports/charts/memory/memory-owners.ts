import { LIGHT } from '../theme.ts'

/** Kinds of memory in the order of a key, each with a colour of the theme. */
const OWNERS = [
  { name: 'weights', color: LIGHT.weights, text: LIGHT.paper, is: /^weights$/ },
  { name: 'KV cache', color: LIGHT.cache, text: LIGHT.paper, is: /^KV cache$/ },
  { name: 'cached prefixes', color: LIGHT.prefix, text: LIGHT.ink, is: /^cached prefixes$/ },
  { name: 'activations', color: LIGHT.activation, text: LIGHT.paper, is: /^batch / },
  { name: 'pattern blocks', color: LIGHT.pattern, text: LIGHT.ink, is: /^pattern / },
  { name: 'input, output', color: LIGHT.staging, text: LIGHT.ink, is: /^(input|output)$/ },
  { name: 'other', color: LIGHT.muted, text: LIGHT.paper, is: /^(?!free$)/ },
  { name: 'free', color: LIGHT.free, text: LIGHT.ink, is: /^free$/ },
] as const

export type OwnerKind = (typeof OWNERS)[number]

/** Kinds in the order of the key that are among `present`. */
export function kindsAmong(present: ReadonlySet<OwnerKind>): OwnerKind[] {
  return OWNERS.filter((kind) => present.has(kind))
}

export interface Owner {
  /** '' if a space has one pool */
  readonly pool: string
  readonly kind: OwnerKind
}

/** The owner of a chunk; on a shared device its text starts with the pool. */
export function ownerOf(text: string, shared: boolean): Owner {
  const at = shared ? text.lastIndexOf(': ') : -1
  const name = at < 0 ? text : text.slice(at + 2)
  return { pool: at < 0 ? '' : text.slice(0, at), kind: OWNERS.find(({ is }) => is.test(name))! }
}

export const isFree = ({ kind }: Owner): boolean => kind.name === 'free'
