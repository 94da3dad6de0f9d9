import { test } from 'vitest'
import { smokeRun } from './smoke-runs.ts'

/** Studies that replay, each with few data. */

test.each(['fidelity', 'fidelity:generation', 'gate-study'])(
  'npm run %s has a smoke run',
  (script) => smokeRun(script),
)
