import type { TrafficClass } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import { lengthDistribution } from './lengths.ts'

/** What the turns of conversations have on top of their own lengths, one after another. */
export interface CarriedContext {
  /** of the turn that comes next, tokens */
  next(): number
  /** that turn has so many tokens in all, its answer among them */
  said(tokens: number): void
}

/** Null where turns carry no context. */
export function carriedContext(traffic: TrafficClass, seed: number): CarriedContext | null {
  const { session, class: name, shared_prefix_tokens: common = 0 } = traffic
  if (session?.carry_context !== true) return null
  const turns = lengthDistribution(session.turns, stream(seed, 0, `turn-mix:${name}`))
  let left = 0
  let context = common
  return {
    next() {
      if (left === 0) {
        left = turns.draw()
        context = common
      }
      left--
      return context
    },
    said(tokens) {
      context = tokens
    },
  }
}
