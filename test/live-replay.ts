import { join } from 'node:path'
import { expect } from 'vitest'
import { readRows } from '../runtime/folders/rows-file.ts'
import { type Result, resultSchema } from '../sim/documents/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { auditOf, expectKept } from './live-audit.ts'
import { madeUpProfile } from './profiles.ts'
import { commandsIn, put } from './spillway.ts'

export interface Replayed {
  readonly result: Result
  /** of the first replay */
  readonly rows: RowColumns
  readonly stderr: string
}

interface ReplayOptions {
  readonly replays?: number
  readonly profile?: Profile
}

/**
 * Replays scenarios with made-up profiles, whose figures have no effect, and audits them. `under`:
 * a command that runs the replays.
 */
export function replaysIn(folder: string, under: readonly string[] = []) {
  const { run } = commandsIn(folder, { under })
  return async (
    name: string,
    scenario: string,
    { replays = 1, profile = madeUpProfile(scenario) }: ReplayOptions = {},
  ): Promise<Replayed> => {
    put(folder, `${name}.yaml`, scenario)
    put(folder, `${name}.json`, JSON.stringify(profile))
    const args = ['--profile', `${name}.json`, '--replays', `${replays}`, '--out', name]
    const { code, stdout, stderr } = await run(
      'replay',
      `${name}.yaml`,
      ...args,
      '--decision-log',
      '--json',
    )
    expect(code, stderr).toBe(0)
    const result = resultSchema.parse(JSON.parse(stdout))
    expect(result.classes[0]!.counts.served).toBeGreaterThan(0)
    expectKept(await auditOf(run, name), replays)
    const { rows } = await readRows(join(folder, name, 'replay-1.parquet'))
    return { result, rows: rows.columns, stderr }
  }
}
