import { describe, expect, test } from 'vitest'
import { blocksOf, roundsOf } from './blocks.ts'
import { knownRun } from './known-machine.test-helper.ts'
import { latenciesOf } from './latencies.ts'
import { spoiled } from './validity.ts'

const STARTS = [0, 1000, 2000, 3000]
const run = (seed: number) => knownRun({ load: 0.5, seconds: 4, seed, requestSeed: 1 })
const control = (ms: (slice: number) => number[]) =>
  STARTS.map((at, slice) => ({ at, ms: ms(slice) }))

const a = { ...run(1), control: control(() => [1, 1]) }
const b = { ...run(2), control: control((slice) => [[1.1, 1.1, 1, 1 / 1.21][slice]!]) }
const sides = [
  { run: a, warmupMs: 500 },
  { run: b, warmupMs: 500 },
] as const

describe('the blocks of a round', () => {
  const blocks = blocksOf(...sides)

  test('are two slices each, with the requests of both sides that arrive in them', () => {
    expect(blocks.map(({ sliceMs }) => sliceMs)).toEqual([1000, 1000])
    for (const name of ['a', 'b'] as const) {
      const { run: side, warmupMs } = sides[name === 'a' ? 0 : 1]
      const { at, values } = latenciesOf(side.rows, warmupMs)
      const inFirst = values.filter((_, i) => at[i]! < 2000)
      expect([...blocks[0]![name]]).toEqual([...inFirst.sort()])
      expect(blocks[0]![name].length + blocks[1]![name].length).toBe(values.length)
    }
  })

  test('have the geometric mean of the control kernel over their slices, B over A', () => {
    const [first, second] = blocks.map((block) => Math.exp(block.control!))
    expect(first).toBeCloseTo(1.1, 12)
    expect(second).toBeCloseTo(1 / 1.1, 12)
  })

  test('are one where either side was replayed as a whole, or was not timed', () => {
    const whole = { ...b, control: [{ at: 0, ms: [1.2] }] }
    const [block, ...others] = blocksOf(sides[0], { run: whole, warmupMs: 500 })
    expect(others).toEqual([])
    expect(block!.sliceMs).toBeNull()
    expect(block!.control).toBeCloseTo(Math.log(1.2), 12)
    expect([...block!.b]).toEqual([...latenciesOf(b.rows, 500).sorted])
    const { control: _, ...untimed } = b
    expect(blocksOf(sides[0], { run: untimed, warmupMs: 500 })[0]!.control).toBeNull()
  })

  test('leave out those within the warm-up of either side', () => {
    const late = blocksOf(sides[0], { ...sides[1], warmupMs: 2000 })
    expect(late).toHaveLength(1)
    expect(late[0]!.b).toEqual(blocks[1]!.b)
    expect(blocksOf(sides[0], { ...sides[1], warmupMs: 1e9 })).toEqual([])
  })
})

describe('the rounds of a what-if', () => {
  const busy = knownRun({ load: 0.5, seconds: 4, seed: 3, requestSeed: 1, stillShare: 0.3 })
  const [sideA, sideB] = sides
  const held = { run: busy, warmupMs: 500 }
  const good = blocksOf(sideA, sideB)

  test('leave out those in which a replay of either side does not count, and state why', () => {
    const why = spoiled(busy)
    expect(why).not.toBeNull()
    expect(roundsOf([sideA, sideA, held], [held, sideB, sideB])).toEqual({
      rounds: [good],
      not_counted: [
        { round: 0, ...why },
        { round: 2, ...why },
      ],
      played: 3,
    })
  })

  test('are all there if all count, or none does', () => {
    expect(roundsOf([sideA, sideA], [sideB, sideB])).toEqual({
      rounds: [good, good],
      not_counted: [],
      played: 2,
    })
    const { rounds, not_counted } = roundsOf([held], [sideB])
    expect([rounds.length, not_counted.length]).toEqual([1, 1])
  })
})
