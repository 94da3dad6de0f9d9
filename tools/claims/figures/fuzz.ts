import { z } from 'zod'
import { count } from './parts.ts'

/** Mutated inputs through the built commands. */
export const fuzzInputsFigures = z.strictObject({
  inputs: count,
  seed: count,
  /** inputs with a crash, a hang, too much memory or a wrong exit code */
  findings: count,
})

/** Commands that were interrupted at random moments. */
export const fuzzKillsFigures = z.strictObject({
  kills: count,
  seed: count,
  /** kills that left a process, a half-written file or a wrong exit code */
  findings: count,
})

/** Sweeps that were killed with SIGKILL at random moments and resumed. */
export const fuzzSweepsFigures = z.strictObject({
  kills: count,
  seed: count,
  /** sweeps that were completed, each after several kills */
  completed: count,
  /** rows that were lost or doubled, and files with other bytes */
  findings: count,
})

/** What was tried, and how often it failed. */
const tried = { tried: count, seed: count, findings: count }

/** Mutated scenarios, of which those that ran were audited. */
export const fuzzAuditedFigures = z.strictObject({ ...tried, audited: count })

/** Forged baselines of gates. */
export const fuzzBaselinesFigures = z.strictObject(tried)

/** Hostile names of git versions. */
export const fuzzRefsFigures = z.strictObject(tried)

/** Hostile SQL. */
export const fuzzSqlFigures = z.strictObject(tried)

/** Hostile jobs on the server of a real worker, and as many lies to a real sweep. */
export const fuzzQueueFigures = z.strictObject({ ...tried, answers: count })

/** Kills of the only worker of a queued sweep, some of whose jobs are poisoned. */
export const fuzzQueueKillsFigures = z.strictObject({
  ...tried,
  configurations: count,
  poisoned: count,
  rows: count,
  /** configurations that the sweep named as failed */
  named: count,
})
