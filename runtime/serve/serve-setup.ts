import type { InputSpec } from '../models/index.ts'
import type { ServedClass, ServedDecoder } from './served-model.ts'

/** A model that is served, before its outputs are known. */
export interface ModelSetup {
  readonly name: string
  readonly inputs: readonly InputSpec[]
  /** of a request, in the free dimension */
  readonly maxLength: number
  readonly classes: readonly ServedClass[]
}

export interface PoolSetup {
  /** number of its model; those that generate come after all others */
  readonly model: number
  /** the longest and the shortest padded length; null where it generates */
  readonly lengths: readonly [number, number] | null
}

/** What a server needs of its scenario: plain data, which can be sent to a process. */
export interface ServeSetup {
  readonly models: readonly ModelSetup[]
  readonly decoders: readonly ServedDecoder[]
  readonly pools: readonly PoolSetup[]
  /** names, by number in the scenario */
  readonly classes: readonly string[]
  /** the most requests at once */
  readonly maxRequests: number
}

/** Slots for so many requests: a power of two. */
export const slotsFor = ({ maxRequests }: Pick<ServeSetup, 'maxRequests'>): number =>
  2 ** Math.ceil(Math.log2(maxRequests))

/** Where a server listens, and how it ends. */
export interface ListenOptions {
  readonly host: string
  /** 0: any free one */
  readonly port: number
  /** names that the header Host may have, beside that of `host` */
  readonly allowedHosts: readonly string[]
  /** how long requests are waited for at the end, ms */
  readonly drainMs: number
}

/** How a server ended. */
export interface ServeEnd {
  /** requests that the scheduler has settled, by outcome */
  readonly requests: Readonly<Record<string, number>>
  /** requests that had not ended in `drainMs` */
  readonly left: number
}

/** Process of a fleet to its parent: progress of a job, or the port at which clients are served. */
export type ServePart = number | { readonly port: number }

/** A note to that process: take no further request, and end. */
export const END = 'end'
