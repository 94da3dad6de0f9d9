import { describe, expect, test } from 'vitest'
import type { GateMetric, MeasuredGate } from '../../../sim/documents/index.ts'
import type { MeasuredBlock, ObservedRun } from '../../../sim/experiment/index.ts'
import { Rows } from '../../../sim/stats/index.ts'
import { interimCase, measuredMetrics, measuredVerdict } from './measured-figures.ts'
import { type PlayedGate, playGate, type RoundSource } from './play-gate.ts'

/** A block whose head takes so many times as long. */
const blockOf = (service: number): MeasuredBlock => ({
  ...{ a: Float64Array.of(1), b: Float64Array.of(1), control: 0, causes: [] },
  ...{ busyMs: 10, batches: 5, service },
})

const RUN: ObservedRun = { rows: Rows.allocate(0), timers: [] }

/** Rounds with these numbers of blocks, each of the next ratio; then there is none. */
function roundsOf(
  counts: readonly number[],
  ratio: (block: number) => number,
  ended: 'time' | 'machine' = 'time',
) {
  let [round, block] = [0, 0]
  const reopenedAt: number[] = []
  const source: RoundSource = {
    ended: null,
    async reopen() {
      reopenedAt.push(block)
    },
    async next(onTurn) {
      const count = counts[round++]
      if (count === undefined) {
        source.ended = ended
        return null
      }
      onTurn(1, 2)
      const blocks = Array.from({ length: count }, () => blockOf(ratio(block++)))
      return { blocks, run: RUN }
    },
  }
  return { source, drawn: () => block, reopenedAt }
}

interface Told {
  readonly phases: [string, number][]
  readonly rounds: PlayedGate[]
  learnt: number
}

/** Times on the clock of `performance.now`. */
interface Times {
  readonly began: number
  readonly until: number
}

const inTime = (): Times => ({ began: performance.now(), until: performance.now() + 600_000 })

async function played(source: RoundSource, { began, until } = inTime()) {
  const margin = 0.025
  const told: Told = { phases: [], rounds: [], learnt: 0 }
  const learn = (runs: readonly ObservedRun[]) => {
    told.learnt = runs.length
    const ratios = async ({ service }: MeasuredBlock) => [1, 2, 3].map(() => Math.log(service))
    return { ratios, baseMs: async () => [1, 2, 3] }
  }
  const gate = await playGate(source, learn, {
    ...{ margin, began, until },
    onProgress: (phase, done) => told.phases.push([phase, done]),
    onRound: async (so) => {
      told.rounds.push({ ...so, blocks: [...so.blocks], looks: [...so.looks] })
    },
  })
  return { gate, told }
}

/** About 5 % slower, and blocks scatter a little. */
const slower = (block: number) => 1.05 + 0.001 * (block % 3)
const same = (block: number) => 1 + 0.001 * ((block % 3) - 1)

const MEASURED: MeasuredGate = {
  ...{ rate_factor: 1, utilisation: { base: 0.5, head: 0.5 }, slice_ms: 250, block_slices: 8 },
  ...{ blocks: [], looks: [], control: 1, not_counted: ['round 4: none'], raw: [], minutes: 2 },
  max_minutes: 10,
}

const verdictOf = (gate: PlayedGate, metrics: GateMetric[] = measuredMetrics(gate, 0.025)) =>
  measuredVerdict(gate, MEASURED, metrics, 0.025)

describe('a gate in play', () => {
  test('looks after 10 blocks, however many each round has left', async () => {
    const { source, drawn } = roundsOf([3, 1, 5, 4, 5], same)
    const { gate, told } = await played(source)
    expect(gate).toMatchObject({ looks: [10], incomplete: null, confirming: null })
    expect(gate.blocks).toHaveLength(10)
    expect(drawn()).toBe(13)
    expect(told.learnt).toBe(4)
    expect(verdictOf(gate).verdict).toBe('PASS')
  })

  test('confirms on blocks of processes that are opened for it: what was left over does not count', async () => {
    const { source, drawn, reopenedAt } = roundsOf([5, 4, 4, 5, 5], slower)
    const { gate } = await played(source)
    expect(reopenedAt).toEqual([13])
    expect(gate.blocks.map(({ fresh }) => fresh)).toEqual(
      Array.from({ length: 20 }, (_, i) => i >= 10),
    )
    expect(gate.blocks.map(({ block }) => block.service)).toEqual(
      Array.from({ length: 20 }, (_, i) => slower(i < 10 ? i : i + 3)),
    )
    expect(drawn()).toBe(23)
    expect(verdictOf(gate)).toMatchObject({ verdict: 'FAIL' })
  })

  test('negative control: fresh blocks without the slowdown do not confirm it', async () => {
    const { source } = roundsOf([5, 5, 5, 5], (block) => (block < 10 ? slower(block) : same(block)))
    const { gate } = await played(source)
    expect(verdictOf(gate).verdict).toBe('UNDECIDED')
  })

  test('confirms that the head is better, and without that it passes', async () => {
    const better = (block: number) => 0.95 + 0.001 * (block % 3)
    const confirmed = roundsOf([5, 5, 5, 5], better)
    const { gate } = await played(confirmed.source)
    expect(confirmed.reopenedAt).toEqual([10])
    expect(verdictOf(gate)).toMatchObject({ verdict: 'IMPROVED' })
    // one pair of processes was faster, another one is not
    const chance = roundsOf([5, 5, 5, 5], (block) => (block < 10 ? better(block) : same(block)))
    expect(verdictOf((await played(chance.source)).gate)).toMatchObject({ verdict: 'PASS' })
    const { gate: early } = await played(roundsOf([5, 5, 5], better).source)
    expect(early).toMatchObject({ incomplete: null })
    expect(verdictOf(early)).toMatchObject({ verdict: 'PASS' })
  })

  test('without time for the first look is undecided, with what it has', async () => {
    const { gate } = await played(roundsOf([5, 2], slower).source)
    expect(gate).toMatchObject({ looks: [], decisions: [], incomplete: 'time' })
    expect(gate.blocks).toHaveLength(7)
    expect(verdictOf(gate)).toEqual({
      verdict: 'UNDECIDED',
      reason:
        '7 of at least 10 blocks, service time +5.09 % in them; no further round ends within 10 minutes; raise --max-minutes, or use a quieter machine',
    })
  })

  test('without time for the confirmation never fails: no metric does', async () => {
    const { gate } = await played(roundsOf([5, 5, 5], slower).source)
    expect(gate).toMatchObject({ looks: [10], confirming: 'FAIL', incomplete: 'time' })
    const metrics = measuredMetrics(gate, 0.025)
    expect(new Set(metrics.map(({ verdict }) => verdict))).toEqual(new Set(['UNDECIDED']))
    expect(metrics[0]!.note).toBe('seen, but not confirmed on fresh blocks')
    expect(verdictOf(gate).verdict).toBe('UNDECIDED')
    expect(verdictOf(gate).reason).toMatch(/^worse after 10 blocks, and 5 of 10 fresh ones played/)
  })

  test('between two looks the time ends it as the last look left it', async () => {
    const scattered = (block: number) => (block % 2 === 0 ? 1.2 : 0.9)
    const { gate } = await played(roundsOf([5, 5, 3], scattered).source)
    expect(gate).toMatchObject({ looks: [10], incomplete: 'time' })
    expect(gate.blocks).toHaveLength(13)
    expect(verdictOf(gate).reason).toMatch(/^13 of at least 15 blocks/)
  })

  test('a machine on which no block counts is named', async () => {
    const { gate } = await played(roundsOf([], same, 'machine').source)
    expect(verdictOf(gate)).toEqual({
      verdict: 'UNDECIDED',
      reason:
        '0 of at least 10 blocks; several rounds in a row have no block that counts, the last one: round 4: none; use a quieter machine',
    })
  })

  test('after each round there is an interim case, which is no verdict', async () => {
    const { told } = await played(roundsOf([3, 4, 5, 5, 5], slower).source)
    expect(told.rounds.map(({ blocks }) => blocks.length)).toEqual([3, 7, 12, 15, 20])
    const cases = told.rounds.map(interimCase)
    for (const { verdict, reason } of cases) {
      expect(verdict).toBe('UNDECIDED')
      expect(reason).toMatch(/^the gate goes on: /)
    }
    expect(cases[0]!.reason).toContain('3 of at least 10 blocks, service time +5.1 % in them')
    expect(cases[3]!.reason).toContain('worse after 10 blocks, and 5 of 10 fresh ones played')
    // figures of what was judged only
    for (const round of told.rounds) {
      for (const { low, high } of measuredMetrics(round, 0.025)) {
        expect(low).not.toBeNaN()
        expect(high).not.toBeNaN()
      }
    }
  })

  test('what is shown as done is never less than the share of the time, and never goes back', async () => {
    const now = performance.now()
    const { told } = await played(roundsOf([5, 1, 1, 1, 1, 1], same).source, {
      began: now - 300_000,
      until: now + 300_000,
    })
    const shares = told.phases.filter(([phase]) => phase === 'base and head in blocks')
    expect(shares.length).toBe(6)
    for (const [i, [, done]] of shares.entries()) {
      expect(done).toBeGreaterThanOrEqual(Math.max(0.5, shares[i - 1]?.[1] ?? 0))
      expect(done).toBeLessThanOrEqual(1)
    }
  })
})
