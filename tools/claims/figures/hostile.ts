import { z } from 'zod'
import { count } from './parts.ts'

/** What was tried, and how often it failed. */
const tried = { tried: count, seed: count, findings: count }

/** Calls of the client of replays to a hostile server. */
export const hostileServersFigures = z.strictObject({
  ...tried,
  /** calls by how they ended */
  ends: z.record(z.string(), count),
  /** ways to answer that were drawn, each for each kind of call */
  mutations: count,
  /** the longest time of a call beyond its time-out */
  latest_ms: count,
  growth_mib: count,
})
