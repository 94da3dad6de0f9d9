import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure, hashOf } from '../../scenarios/index.ts'
import { resultSchema } from '../../sim/documents/index.ts'
import { RequestList } from '../../sim/traffic/index.ts'
import { keptRun } from '../jobs/audit.test-helper.ts'
import { replaceFiles } from './replace-files.ts'
import {
  dropReplayFolder,
  keepRuns,
  type RunKind,
  readDocument,
  readMeasured,
  readRequests,
  readRuns,
  readScenario,
} from './run-folder.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'spillway-runs-'))
const { scenario, requests, run } = keptRun()
const { signal } = new AbortController()
type Kept = Omit<Parameters<typeof keepRuns>[2], 'signal'>
const keep = (directory: string, kind: RunKind, kept: Kept) =>
  replaceFiles(directory, (change) => keepRuns(change, kind, { ...kept, signal }))
const silent = { ...run, journal: new Float64Array(0) }

describe('a folder of runs', () => {
  test('returns the scenario, the requests, rows and journals unchanged', async () => {
    const directory = join(folder(), 'deep')
    await keep(directory, 'replay', { scenario, requests, runs: [run, silent] })
    const back = await readScenario(directory)
    expect(back).toEqual(scenario)
    expect(hashOf(back)).toBe(hashOf(scenario))
    expect((await readRequests(directory, back)).hash()).toBe(requests.hash())
    const runs = await readRuns(directory, 'replay', scenario)
    expect(runs).toHaveLength(2)
    expect(runs[0]!.journal).toEqual(run.journal)
    expect(runs[0]!.rows.columns.done).toEqual(run.rows.columns.done)
    expect(runs[1]!.journal).toHaveLength(0)
    expect(await readRuns(directory, 'replication', scenario)).toEqual([])
  })

  test('drops runs and journals of an earlier call, and keeps those of the other kind', async () => {
    const directory = folder()
    const shared = { scenario, requests }
    await keep(directory, 'replay', { ...shared, runs: [run, run, run] })
    await keep(directory, 'replication', { ...shared, runs: [run] })
    writeFileSync(join(directory, 'replay-notes.txt'), 'mine')
    await keep(directory, 'replay', { ...shared, runs: [silent, run] })
    const names = readdirSync(directory).filter((name) => name.startsWith('repl'))
    const replays = ['replay-1.parquet', 'replay-2.journal.jsonl', 'replay-2.parquet']
    const replications = ['replication-1.journal.jsonl', 'replication-1.parquet']
    expect(names.sort()).toEqual([...replays, 'replay-notes.txt', ...replications])
  })

  test('drops runs of the other kind that belong to another scenario or other requests', async () => {
    const changes = [
      { scenario: { ...scenario, seed: scenario.seed + 1 }, requests },
      {
        scenario,
        requests: RequestList.of({ ...requests.columns, at: requests.columns.at.slice(1) }),
      },
    ]
    for (const changed of changes) {
      const directory = folder()
      await keep(directory, 'replication', { scenario, requests, runs: [run] })
      await keep(directory, 'replay', { ...changed, runs: [silent] })
      const names = ['replay-1.parquet', 'requests.jsonl', 'scenario.json']
      expect(readdirSync(directory).sort()).toEqual(names)
    }
  })

  test('that is dropped is removed, unless it holds other files', async () => {
    const directory = folder()
    const side = join(directory, 'side')
    for (const left of [[], ['notes.txt', 'replication-1.parquet']]) {
      await keep(side, 'replay', { scenario, requests, runs: [run, silent] })
      for (const name of ['measured.json', ...left]) writeFileSync(join(side, name), 'written')
      await replaceFiles(directory, (change) => dropReplayFolder(change.below('side')))
      expect(existsSync(side) ? readdirSync(side).sort() : []).toEqual(left)
      expect(existsSync(side)).toBe(left.length > 0)
    }
    await replaceFiles(directory, (change) => dropReplayFolder(change.below('nowhere')))
    writeFileSync(join(directory, 'file'), 'mine')
    await replaceFiles(directory, (change) => dropReplayFolder(change.below('file')))
    expect(readdirSync(directory).sort()).toEqual(['file', 'side'])
  })

  test('with a missing or damaged part is an input error', async () => {
    const directory = folder()
    const path = (name: string) => join(directory, name)
    const lacking = (name: string) => new Failure(`${path(name)}: no such file`)
    await expect(readScenario(directory)).rejects.toThrow(lacking('scenario.json'))
    await expect(readRequests(directory, scenario)).rejects.toThrow(lacking('requests.jsonl'))
    await expect(readMeasured(directory)).rejects.toThrow(lacking('measured.json'))
    expect(await readDocument(directory, 'measured', resultSchema)).toBeNull()

    writeFileSync(path('scenario.json'), '{}')
    writeFileSync(path('measured.json'), '{"document":"spillway-audit"}')
    await expect(readScenario(directory)).rejects.toThrow(
      `${path('scenario.json')}:1:1 spillway: expected 1, got nothing`,
    )
    await expect(readMeasured(directory)).rejects.toThrow(`${path('measured.json')} document: `)

    await keep(directory, 'replay', { scenario, requests, runs: [run] })
    expect(existsSync(path('replay-1.journal.jsonl'))).toBe(true)
    writeFileSync(path('replay-1.journal.jsonl'), '\n{"now":0}\n')
    const words = `${path('replay-1.journal.jsonl')}:2: expected an entry of a decision log`
    await expect(readRuns(directory, 'replay', scenario)).rejects.toThrow(words)
  })
})
