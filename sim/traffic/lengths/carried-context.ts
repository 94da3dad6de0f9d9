import type { TrafficClass } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import { lengthDistribution } from './lengths.ts'

/** The context that turns of sessions carry, one session after another. */
export interface CarriedContext {
  /** context of the next turn, tokens */
  next(): number
  /** records the tokens of that turn, including context and answer */
  record(tokens: number): void
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
    record(tokens) {
      context = tokens
    },
  }
}
