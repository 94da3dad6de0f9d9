import { describe, expect, test } from 'vitest'
import { Rows } from '../../sim/stats/index.ts'
import { planOf, requestsOf } from '../../test/small-system.ts'
import type { Replayed } from './fleet.ts'
import { LiveSession, type Player } from './live-session.ts'

/** Rounds of fleets that run nothing, and note their turns. */

const REPLAYED: Replayed = {
  kind: 'replayed',
  ...{ rows: Rows.allocate(0), timers: [], journal: new Float64Array(0) },
  ...{ shortages: [], moves: [], deaths: [], changes: [], ejections: [], control: [] },
}

/** Players by their names; `turns` gets the name of each at each of its turns. */
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

  test('shows its progress elsewhere where it is asked to', async () => {
    const { session, shown } = sessionOf()
    const phases: string[] = []
    const onProgress = (phase: string) => phases.push(phase)
    await session.round(playersOf('x', []), { ...WHOLE, orders: [[0]], onProgress })
    expect([shown, phases]).toEqual([[], ['replay 1 of 3']])
  })
})
