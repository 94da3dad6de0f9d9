import { availability } from './availability.ts'
import { budget } from './budget.ts'
import { calls } from './calls.ts'
import { ejections } from './ejections.ts'
import { power } from './energy.ts'
import { extrapolation } from './extrapolation.ts'
import type { Families } from './family.ts'
import { hedges } from './hedges.ts'
import { held } from './held.ts'
import { memory } from './memory.ts'
import { prefixes } from './prefixes.ts'
import { proxyRetries } from './proxy-retries.ts'
import { slowdowns } from './slowdowns.ts'
import { stallFree } from './stall-free.ts'
import { surges } from './surges.ts'
import { tokenTimes } from './token-times.ts'
import { tuning } from './tuning.ts'
import { undetected } from './undetected.ts'
import { work } from './work.ts'

/** All families of figures, in the order in which results have them. */
export const FAMILIES = Object.freeze({
  hedges,
  held,
  calls,
  power,
  work,
  availability,
  ejections,
  slowdowns,
  proxyRetries,
  undetected,
  prefixes,
  memory,
  budget,
  tuning,
  surges,
  stallFree,
  tokenTimes,
  extrapolation,
}) satisfies Families

/** Families of verdicts: times of calls, replicas for costs, and work beyond what was measured. */
export const JUDGED = Object.freeze({ calls, availability, extrapolation }) satisfies Families
