import { describe, expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { Rows } from '../../sim/stats/index.ts'
import { planOf, requestsOf } from '../../test/small-system.ts'
import { materialise } from '../models/index.ts'
import { withFolder } from '../models/reference.test-helper.ts'
import type { Replayed } from './fleet.ts'
import { IdleProbes } from './idle-probes.ts'
import { LiveSession, type Player, type SessionSide } from './live-session.ts'

const REPLAYED: Replayed = {
  kind: 'replayed',
  ...{ rows: Rows.allocate(0), timers: [], journal: new Float64Array(0) },
  ...{ shortages: [], moves: [], deaths: [], changes: [], ejections: [], control: [] },
  engineEvents: [],
}

/** Players of fleets that run nothing; `turns` gets the name of each at each of its turns. */
function playersOf(names: string, turns: string[]): Player[] {
  return [...names].map((name, i) => ({
    fleet: {
      async *slices(_plan, _traffic, { pauses = [], onProgress } = {}) {
        for (const pause of pauses) {
          turns.push(`${name}${pause}`)
          yield
        }
        turns.push(name)
        onProgress?.(1, 1)
        return { ...REPLAYED, deaths: [i] }
      },
    },
    plan: planOf([{}]),
    traffic: requestsOf([0]),
    failures: null,
  }))
}

function sessionOf() {
  const shown: string[] = []
  const { signal } = new AbortController()
  const onProgress = (phase: string, done: number, of: number) =>
    shown.push(`${phase}: ${done} of ${of}`)
  return { session: new LiveSession({ signal, onProgress }), shown }
}

const WHOLE = { name: 'replay 1 of 3', slicing: null, decisionLog: false }

describe('a round of a session', () => {
  test('plays slices in the orders that it is given, and has a replay for each player', async () => {
    const turns: string[] = []
    const { session, shown } = sessionOf()
    const runs = await session.round(playersOf('xy', turns), {
      ...WHOLE,
      slicing: { slices: 3, sliceMs: 100, gapMs: 5 },
      orders: [
        [1, 0],
        [0, 1],
        [1, 0],
      ],
    })
    expect(turns).toEqual(['y100', 'x100', 'x200', 'y200', 'y', 'x'])
    expect(runs.map(({ deaths }) => deaths)).toEqual([[0], [1]])
    expect(shown).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => `replay 1 of 3, sides in slices: ${i} of 6`),
    )
  })

  test('of whole replays names the side that plays, unless there is a single one', async () => {
    const { session, shown } = sessionOf()
    await session.round(playersOf('xyz', []), { ...WHOLE, orders: [[2, 0, 1]] })
    await session.round(playersOf('x', []), { ...WHOLE, orders: [[0]] })
    expect(shown).toEqual(
      [', side 3', ', side A', ', side B', ''].map((side) => `replay 1 of 3${side}: 1 of 1`),
    )
  })

  test('that fails leaves no other side in a pause', async () => {
    const turns: string[] = []
    const { session } = sessionOf()
    const left: string[] = []
    const [dies, stays] = playersOf('xy', turns).map((player, i): Player => {
      const slices: Player['fleet']['slices'] = async function* (...of) {
        try {
          if (i === 1) return yield* player.fleet.slices(...of)
          yield
          throw new Failure('its executors are gone')
        } finally {
          left.push('xy'[i]!)
        }
      }
      return { ...player, fleet: { slices } }
    })
    const slicing = { slices: 3, sliceMs: 100, gapMs: 5 }
    const orders = Array.from({ length: 3 }, () => [0, 1])
    const played = session.round([dies!, stays!], { ...WHOLE, slicing, orders })
    await expect(played).rejects.toThrow('its executors are gone')
    expect(turns).toEqual(['y100'])
    expect(left).toEqual(['x', 'y'])
  })

  test('shows its progress elsewhere where it is asked to', async () => {
    const { session, shown } = sessionOf()
    const phases: string[] = []
    const onProgress = (phase: string) => phases.push(phase)
    await session.round(playersOf('x', []), { ...WHOLE, orders: [[0]], onProgress })
    expect([shown, phases]).toEqual([[], ['replay 1 of 3']])
  })
})

/** Sides of a small net, each with a warm-up of its own. */
async function sidesOf(
  folder: string,
  ...warmUps: readonly NonNullable<SessionSide['warmUp']>[]
): Promise<SessionSide[]> {
  const model = { builtin: 'mlp', layers: 1, width: 8, seed: 1 } as const
  const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
  const session = { executionProvider: 'cpu', threads: 1 } as const
  const engines = [{ file, session, warmUp: [[1, 1]] as const }]
  return warmUps.map((warmUp) => ({ plan: planOf([{}]), engines, warmUp }))
}

describe('a session', () => {
  test('opens its sides at once, and fails by the reason of a side, though another is ready', () =>
    withFolder(async (folder) => {
      const { session, shown } = sessionOf()
      let ready = () => {}
      const firstIsReady = new Promise<void>((resolve) => {
        ready = resolve
      })
      const sides = await sidesOf(
        folder,
        async (_, onProgress) => {
          onProgress('warming up', 1, 1)
          ready()
          return []
        },
        async (_, onProgress) => {
          onProgress('warming up', 1, 1)
          await firstIsReady
          throw new Failure('a shape is too large')
        },
      )
      await expect(session.open(sides)).rejects.toThrow('a shape is too large')
      // what is open can be closed: it was no interruption
      await session.close()
      expect(shown).toEqual(['warming up: 1 of 1'])
    }))

  test('probes idle executors between slices, and its replay is that of the requests alone', () =>
    withFolder(async (folder) => {
      const { session } = sessionOf()
      const [side] = await sidesOf(folder, async () => [])
      const [opened] = await session.open([side!])
      const shape = { executor: 0, size: 1, length: 1, ms: 0.2, idleMs: [0.1, 0.5] }
      const player: Player = {
        fleet: opened!.fleet,
        plan: side!.plan,
        traffic: requestsOf([1, 30, 120]),
        failures: null,
        probes: new IdleProbes([shape], 2000),
      }
      const slicing = { slices: 2, sliceMs: 100, gapMs: 5 }
      const round = { name: 'replay 1 of 1', slicing, orders: [[0], [0]], decisionLog: false }
      const [probed] = await session.round([player], round)
      const [plain] = await session.round([{ ...player, probes: null }], round)
      await session.close()
      expect(plain).not.toHaveProperty('probes')
      expect(probed!.probes!.map(({ at }) => at)).toEqual([0, 100])
      for (const { batches } of probed!.probes!) {
        expect(batches.map(({ idleMs }) => idleMs)).toEqual(
          [0, 0.1, 0, 0.5].flatMap((idleMs) => [idleMs, idleMs, idleMs]),
        )
        for (const { executor, size, length, idleMs, gap, ms } of batches) {
          expect([executor, size, length]).toEqual([0, 1, 1])
          expect(gap + 1e-6).toBeGreaterThanOrEqual(idleMs)
          expect(ms).toBeGreaterThan(0)
        }
      }
      for (const { rows, control } of [probed!, plain!]) {
        expect(rows.count).toBe(3)
        expect(Array.from(rows.columns.batch)).toEqual([0, 1, 2])
        expect(control.map(({ at }) => at)).toEqual([0, 100])
      }
    }))

  test('that is interrupted in the middle of a probe ends there', () =>
    withFolder(async (folder) => {
      const abort = new AbortController()
      const session = new LiveSession({ signal: abort.signal, onProgress: () => {} })
      const [side] = await sidesOf(folder, async () => [])
      const [opened] = await session.open([side!])
      const item = { executor: 0, size: 1, length: 1, gapMs: 0 }
      // ten minutes in which nothing happens
      const probes = [[item, { ...item, gapMs: 600_000 }]]
      const replay = opened!.fleet.slices(side!.plan, requestsOf([1]), { probes }).next()
      setTimeout(() => abort.abort(), 50)
      await expect(replay).rejects.toMatchObject({ exitCode: 130 })
      await session.close()
      expect(opened!.fleet.usable).toBe(false)
    }))

  test('that is left in a pause gives its fleet to no later job', () =>
    withFolder(async (folder) => {
      const { session } = sessionOf()
      const [side] = await sidesOf(folder, async () => [])
      const [opened] = await session.open([side!])
      const replay = opened!.fleet.slices(side!.plan, requestsOf([1, 150]), { pauses: [100] })
      expect(await replay.next()).toMatchObject({ done: false })
      expect(opened!.fleet.usable).toBe(true)
      await expect(replay.throw(new Failure('left'))).rejects.toThrow('left')
      expect(opened!.fleet.usable).toBe(false)
      await session.close()
    }))

  test('closes what it has opened, whenever that was, and has the warnings of each', () =>
    withFolder(async (folder) => {
      const { session } = sessionOf()
      const [early, late] = await sidesOf(
        folder,
        async () => ['few shapes'],
        async () => [],
      )
      const [first] = await session.open([early!])
      const [second] = await session.open([late!])
      expect([first!.warnings, second!.warnings]).toEqual([['few shapes'], []])
      const fleets = [first!.fleet, second!.fleet]
      expect(fleets.map(({ usable }) => usable)).toEqual([true, true])
      await session.close()
      expect(fleets.map(({ usable }) => usable)).toEqual([false, false])
    }))
})
