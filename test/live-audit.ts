import { expect } from 'vitest'
import { type Audit, auditSchema } from '../sim/documents/index.ts'
import type { Ended } from './spillway.ts'
import { expectExitBy } from './verdict-exit.ts'

/** The document of `spillway audit` for a folder of runs; its exit code must match. */
export async function auditOf(
  run: (...args: string[]) => Promise<Ended>,
  directory: string,
): Promise<Audit> {
  const ended = await run('audit', directory, '--json')
  expect(ended.stderr).not.toContain('error')
  const audit = auditSchema.parse(JSON.parse(ended.stdout))
  expectExitBy(audit, ended)
  return audit
}

/** Expects no violation although everything was checked, including decision logs. */
export function expectKept({ verdict, reason, runs, claims }: Audit, replays: number): void {
  const problems = runs.flatMap(({ rules, journal }) => [
    ...rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`)),
    ...(journal?.differences ?? ['no decision log was kept']),
  ])
  expect(problems).toEqual([])
  expect(claims.filter(({ holds }) => !holds)).toEqual([])
  expect(verdict, reason).toBe('PASS')
  expect(runs.map(({ run }) => run)).toEqual(
    Array.from({ length: replays }, (_, i) => `replay-${i + 1}`),
  )
  for (const { requests, rules, journal } of runs) {
    const { checked } = rules.find(({ rule }) => rule === 'conservation')!
    expect(checked).toBe(requests)
    expect(journal!.entries).toBeGreaterThan(requests)
  }
}
