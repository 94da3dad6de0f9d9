import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { faultsOf, ofKind, parseTrace } from '../reports/timeline/timeline.test-helper.ts'
import { readRows } from '../runtime/folders/rows-file.ts'
import type { ObservedRun } from '../sim/experiment/index.ts'
import type { ModelMove } from '../sim/stats/index.ts'
import type { Profile } from '../sim/world/index.ts'
import { type Replayed, replaysIn } from './live-replay.ts'
import { madeUpProfile } from './profiles.ts'
import { scenarioOf } from './scenarios.ts'
import { commandsIn, expectRefusal, put, temporaryFolder } from './spillway.ts'

/**
 * Model swapping in replays: real sessions are opened and released; no test depends on speed. Each
 * replay is audited, with its decision log.
 */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const replayed = replaysIn(folder)

/** 16 and 32 MiB of weights; each device has room for one model, or for both. */
const scenario = (limitMib: number, sections = '') => `spillway: 1
name: in-turn
seed: 3
duration_s: 4
warmup_s: 0
models:
  small: { builtin: mlp, layers: 4, width: 1024 }
  large: { builtin: mlp, layers: 8, width: 1024 }
devices:
  - { name: card, limit_mib: ${limitMib}, residency: { eviction: lru${sections} } }
traffic:
  - { class: web, model: small, arrivals: { process: poisson, rate_rps: 20 } }
  - { class: bulk, model: large, arrivals: { process: poisson, rate_rps: 6 } }
pools:
  - { name: smalls, model: small, memory: { allocator: bfc, device: card } }
  - { name: larges, model: large, memory: { allocator: bfc, device: card } }
`

/** Loads of 20 and 40 ms, with the actual size of the weights. */
function profileOf(text: string): Profile {
  const profile = madeUpProfile(text)
  const models = profile.models.map((model, i) => {
    const [mib, ms] = i === 0 ? [16, 20] : [32, 40]
    const memory = { weights: [mib * 2 ** 20], steps: [], inputs: [], loadMs: [ms, ms + 5] }
    return { ...model, memory }
  })
  return { ...profile, models }
}

const replayIn = (name: string, text: string, replays = 1) =>
  replayed(name, text, { replays, profile: profileOf(text) })

const runOf = (name: string, replay = 1) => readRows(join(folder, name, `replay-${replay}.parquet`))

/** When the model of each executor was loaded, as reported by executors: from load to unload. */
function stays(moves: readonly ModelMove[]) {
  const open = new Map<number, ModelMove>()
  const closed: { executor: number; from: number; to: number; usableFrom: number }[] = []
  const close = (executor: number, to: number) => {
    const { started: from, ended: usableFrom } = open.get(executor)!
    closed.push({ executor, from, to, usableFrom })
    open.delete(executor)
  }
  for (const move of moves) {
    if (move.kind === 'load') open.set(move.executor, move)
    else close(move.executor, move.ended)
  }
  for (const executor of [...open.keys()]) close(executor, Number.POSITIVE_INFINITY)
  return closed
}

const overlaps = (spans: ReturnType<typeof stays>) =>
  spans.flatMap((stay, i) =>
    spans.slice(i + 1).filter((later) => stay.from < later.to && later.from < stay.to),
  )

describe('two models on a device that has room for one', () => {
  let result: Replayed['result']
  let runs: ObservedRun[]
  beforeAll(async () => {
    result = (await replayIn('narrow', scenario(40), 2)).result
    runs = [await runOf('narrow', 1), await runOf('narrow', 2)]
  })

  test('are swapped, and all their requests are served', () => {
    for (const { counts } of result.classes) expect(counts.served).toBe(counts.arrived)
    for (const { moves } of runs) {
      const count = (kind: string) => moves!.filter((move) => move.kind === kind).length
      expect(count('load')).toBeGreaterThan(5)
      expect(count('load') - count('unload')).toBe(1)
      expect(moves!.every(({ ok }) => ok)).toBe(true)
    }
  })

  test('are never loaded at the same time, as reported by executors', () => {
    for (const { moves } of runs) expect(overlaps(stays(moves!))).toEqual([])
  })

  test('run batches only while they are loaded', () => {
    for (const { rows, moves } of runs) {
      const { executor, started, ended } = rows.columns
      for (let key = 0; key < rows.count; key++) {
        const resident = stays(moves!).filter((stay) => stay.executor === executor[key])
        const within = resident.some(
          ({ usableFrom, to }) => usableFrom <= started[key]! && ended[key]! <= to,
        )
        expect(within, `request ${key}`).toBe(true)
      }
    }
  })

  test('are unloaded at the beginning of every replay', () => {
    for (const { rows, moves } of runs) {
      for (const number of [0, 1]) {
        const first = Math.min(
          ...[...rows.columns.executor.keys()]
            .filter((key) => rows.columns.executor[key] === number)
            .map((key) => rows.columns.dispatched[key]!),
        )
        const load = moves!.find(({ executor, kind }) => executor === number && kind === 'load')!
        expect(load.done).toBeLessThanOrEqual(first)
        expect(load.asked).toBeGreaterThanOrEqual(0)
      }
    }
  })

  test('are on a timeline, where loads and batches of a replica do not overlap', async () => {
    for (const [i, { rows, moves }] of runs.entries()) {
      const name = `replay-${i + 1}`
      const ended = await run('timeline', 'narrow', '--run', name, '--plain')
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      const text = readFileSync(join(folder, `narrow/${name}.timeline.json`), 'utf8')
      const trace = parseTrace(text)
      const truth = { scenario: scenarioOf(scenario(40)), columns: rows.columns, engines: false }
      expect(faultsOf(trace, truth)).toEqual([])
      const loads = ofKind(trace, 'X').filter(({ cat }) => cat === 'model')
      expect(loads.length).toBe(moves!.length)
    }
  })

  test('are in the result with their loads and waiting requests', () => {
    const [card] = result.memory
    const { residency } = card!
    const loads = runs.map(({ moves }) => moves!.filter(({ kind }) => kind === 'load').length)
    expect(card).toMatchObject({ name: 'card', weights_mib: 48 })
    expect(card!.peak_requested_mib.value).toBe(32)
    expect(residency!.loads.value).toBe((loads[0]! + loads[1]!) / 2)
    expect(residency!.cold_share.value).toBeGreaterThan(0)
    expect(residency!.pools.map(({ pool }) => pool)).toEqual(['smalls', 'larges'])
    for (const { load_ms: ms } of residency!.pools) expect(ms.value).toBeGreaterThan(0)
  })
})

test('with room for both each is loaded once and stays', async () => {
  const { result } = await replayIn('wide', scenario(64))
  const { moves } = await runOf('wide')
  expect(moves!.map(({ kind }) => kind)).toEqual(['load', 'load'])
  expect(overlaps(stays(moves!)).length).toBe(1)
  expect(result.memory[0]!.peak_requested_mib.value).toBe(48)
})

test('a pinned model is loaded from the beginning and stays', async () => {
  const text = scenario(50).replace(
    '{ allocator: bfc, device: card }',
    '{ allocator: bfc, device: card, pinned: true }',
  )
  await replayIn('pinned', text)
  const { moves } = await runOf('pinned')
  expect(moves!.map(({ executor, kind }) => `${kind} ${executor}`)).toEqual(['load 1'])
})

test('a profile without load times is refused, unless they are declared', async () => {
  const text = scenario(40)
  const { models, ...profile } = profileOf(text)
  const untold = models.map((model) => ({
    ...model,
    memory: { ...model.memory!, loadMs: undefined },
  }))
  put(folder, 'untold.json', JSON.stringify({ ...profile, models: untold }))
  put(folder, 'untold.yaml', text)
  put(folder, 'declared.yaml', scenario(40, ', gib_per_s: 2'))
  const args = ['--profile', 'untold.json']
  const ended = await run('simulate', 'untold.yaml', ...args)
  expectRefusal(ended, 6, folder)
  expect(ended.stderr).toContain('has no load times of mlp 4x1024 fp32 on cpu')
  expect((await run('simulate', 'declared.yaml', ...args)).code).toBe(0)
})

const NOT_LINUX = process.platform !== 'linux'
/** Time for a killed process to be gone, ms, on a busy machine. */
const PATIENCE_MS = 60_000

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

/** Stops a process while it reads the file of a model, which it does in every load. */
async function stopInLoad(pid: number): Promise<void> {
  const fileOf = (name: string) => `/proc/${pid}/${name}`
  const open = () =>
    readdirSync(fileOf('fd')).map((fd) => {
      try {
        return readlinkSync(fileOf(`fd/${fd}`))
      } catch {
        return 'closed meanwhile'
      }
    })
  for (;;) {
    process.kill(pid, 'SIGSTOP')
    while (!/\) T /.test(readFileSync(fileOf('stat'), 'utf8'))) await delay(1)
    if (open().some((path) => path.endsWith('.onnx'))) return
    process.kill(pid, 'SIGCONT')
    // of any length, so that it does not keep pace with the loads
    await delay(10 * Math.random())
  }
}

test.skipIf(NOT_LINUX)(
  'Ctrl-C during a load ends the replay, and leaves nothing behind',
  async () => {
    const { start } = commandsIn(folder)
    const text = scenario(40)
      .replace('duration_s: 4', 'duration_s: 600')
      .replaceAll('rate_rps: ', 'rate_rps: 3')
    put(folder, 'long.yaml', text)
    put(folder, 'long.json', JSON.stringify(profileOf(text)))
    const args = ['long.yaml', '--profile', 'long.json', '--replays', '1', '--out', 'long']
    const started = start(['replay', ...args])
    await started.prints(/replay 1 of 1 …/)
    const [fleet] = childrenOf(started.child.pid!)
    // it stays in the load, so a command that waited for it would never end
    await stopInLoad(fleet!)
    process.kill(-started.child.pid!, 'SIGINT')
    const ended = await started.ended
    expectRefusal(ended, 130, folder)
    expect(ended.stderr).toMatch(/^stopped: interrupted$/m)
    await expect.poll(() => existsSync(`/proc/${fleet}`), { timeout: PATIENCE_MS }).toBe(false)
  },
)
