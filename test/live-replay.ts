import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, vi } from 'vitest'
import { readRows } from '../runtime/folders/rows-file.ts'
import type { OpenFleets } from '../runtime/jobs/index.ts'
import { auditSchema, type Result, resultSchema } from '../sim/documents/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { auditOf, expectKept } from './live-audit.ts'
import { madeUpProfile } from './profiles.ts'
import { commandsIn, put, ROOT, readJson } from './spillway.ts'

export interface Replayed {
  readonly result: Result
  /** of the first replay */
  readonly rows: RowColumns
}

interface ReplayOptions {
  readonly replays?: number
  readonly profile?: Profile
}

interface OwnReplayOptions extends ReplayOptions {
  readonly onProgress?: (phase: string, done: number, of: number) => void
}

/** The built library, whose processes start from bundles. */
const LIBRARY = pathToFileURL(join(ROOT, 'dist/library.js')).href
export const library = (): Promise<typeof import('../runtime/jobs/index.ts')> => import(LIBRARY)

/** No test depends on speed, so nothing needs to be compiled before the first request. */
const COLD = { shapesMs: 0, trafficMs: 0 }

/**
 * Replays scenarios with made-up profiles, whose figures have no effect, and audits them. Replays
 * of the same executors share their fleet.
 */
export function replaysIn(folder: string) {
  let fleets: OpenFleets | undefined
  afterAll(() => fleets?.close())
  return async (
    name: string,
    scenario: string,
    { replays = 1, profile = madeUpProfile(scenario), onProgress }: OwnReplayOptions = {},
  ): Promise<Replayed & { readonly notes: readonly string[] }> => {
    const { OpenFleets, audit, loadScenario, replay, writeReplays } = await library()
    fleets ??= new OpenFleets()
    const directory = join(folder, name)
    const notes: string[] = []
    const path = put(folder, `${name}.yaml`, scenario)
    put(folder, `${name}.json`, JSON.stringify(profile))
    vi.stubEnv('SPILLWAY_CACHE', join(folder, 'cache'))
    try {
      const system = await loadScenario(path, { profile, onNote: (text) => notes.push(text) })
      const options = { replays, decisionLog: true, warmUp: COLD, fleets, onProgress }
      const sides = await replay([system], options)
      await writeReplays(directory, sides)
      const result = measuredIn(directory)
      expect(result).toEqual(sides[0]!.result)
      const document = await audit(directory)
      expect(auditSchema.parse(document)).toEqual(document)
      expectKept(document, replays)
      return { result, rows: sides[0]!.replays.runs[0]!.rows.columns, notes }
    } finally {
      vi.unstubAllEnvs()
    }
  }
}

function measuredIn(directory: string): Result {
  const result = resultSchema.parse(readJson(join(directory, 'measured.json')))
  expect(result.classes[0]!.counts.served).toBeGreaterThan(0)
  return result
}

/**
 * The same by commands, each a process, for what only a process has: limits, children, standard
 * error. `under`: a command that runs the replays.
 */
export function replayProcessesIn(folder: string, under: readonly string[] = []) {
  const { start } = commandsIn(folder, { under })
  return async (
    name: string,
    scenario: string,
    { replays = 1, profile = madeUpProfile(scenario) }: ReplayOptions = {},
  ): Promise<Replayed & { readonly stderr: string }> => {
    put(folder, `${name}.yaml`, scenario)
    put(folder, `${name}.json`, JSON.stringify(profile))
    const args = ['--profile', `${name}.json`, '--replays', `${replays}`, '--out', name]
    const replay = ['replay', `${name}.yaml`, ...args, '--decision-log', '--json']
    const { code, stdout, stderr } = await start(replay).ended
    expect(code, stderr).toBe(0)
    const result = measuredIn(join(folder, name))
    expect(result).toEqual(resultSchema.parse(JSON.parse(stdout)))
    expectKept(await auditOf((...audit) => start(audit).ended, name), replays)
    const { rows } = await readRows(join(folder, name, 'replay-1.parquet'))
    return { result, rows: rows.columns, stderr }
  }
}
