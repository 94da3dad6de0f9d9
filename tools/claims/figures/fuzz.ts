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
