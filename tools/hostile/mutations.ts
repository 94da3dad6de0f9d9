import { Random } from '../../sim/kernel/index.ts'
import { pick } from '../fuzz/choose.ts'
import { BASES, type BaseName } from './base-answer.ts'
import { BODY_MUTATIONS } from './body-mutations.ts'
import { CARRIER_MUTATIONS } from './carrier-mutations.ts'
import type { HostileAnswer, Mutation } from './hostile-answer.ts'

export const MUTATIONS: readonly Mutation[] = [...CARRIER_MUTATIONS, ...BODY_MUTATIONS]

/** A call, of which server and test draw the same answer. */
export interface HostileCall {
  readonly seed: number
  readonly number: number
  readonly base: BaseName
  /** that the request states */
  readonly id: string
  readonly decoy: string
}

/** What the server does with a call, and the name of its mutation. */
export function hostileAnswer({
  seed,
  number,
  base,
  id,
  decoy,
}: HostileCall): HostileAnswer & { readonly name: string } {
  const random = new Random(`servers/${seed}/${number}`)
  const mutation = pick(
    random,
    MUTATIONS.filter(({ of }) => of.includes(base)),
  )
  const answer = mutation.draw({ base: BASES[base](id), random, decoy })
  return { name: mutation.name, ...answer }
}
