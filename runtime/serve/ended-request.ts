import { allOutcomes, type Ms, type Outcome } from '../../sim/serving/index.ts'

/** How a request ended: as in results, or `invalid` where the model rejected its inputs. */
export type EndedAs = (typeof allOutcomes)[number]['key'] | 'invalid'

/** A request that the dispatcher has settled. */
export interface EndedRequest {
  /** number of its model, and of its class in the scenario */
  readonly model: number
  readonly class: number
  readonly as: EndedAs
  /** from its arrival to its end */
  readonly totalMs: Ms
  /** the batch that it was in; null for none */
  readonly batch: EndedBatch | null
  /** null where the model does not generate */
  readonly generated: Generated | null
}

export interface Generated {
  readonly promptTokens: number
  readonly tokens: number
  /** from the arrival to the first token; null where none has come */
  readonly firstMs: Ms | null
}

export interface EndedBatch {
  readonly size: number
  /** whether this request stands for an execution: of a batch one does, unless it was run apart */
  readonly first: boolean
  /** from the arrival of the request to the start of the batch */
  readonly queueMs: Ms
  readonly computeMs: Ms
}

export function endedAs(outcome: Outcome): EndedAs {
  return allOutcomes.find(({ number }) => number === outcome)!.key
}
