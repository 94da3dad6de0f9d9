import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KvLedger } from '../serving/generation/kv-ledger.ts'
import { ContiguousAllocator, Device, OUT_OF_MEMORY, PagedAllocator } from './index.ts'

const BLOCK = 16
const BLOCKS = 40

const step = fc.record({
  kind: fc.constantFrom('allocate', 'grow', 'grow', 'grow', 'fork', 'prefix', 'free'),
  pick: fc.nat(),
  bytes: fc.integer({ min: 1, max: 60 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A sequence as the contents of its blocks. A block is an object that sequences may share. */
interface Sequence {
  readonly handle: number
  blocks: { filled: number }[]
}

/** Applies the steps to both; throws where they differ. */
function agree(paged: PagedAllocator, steps: readonly Step[]): void {
  const live: Sequence[] = []
  const distinct = () => new Set(live.flatMap(({ blocks }) => blocks))
  const holders = (block: object) =>
    live.filter(({ blocks }) => blocks.some((held) => held === block))
  for (const { kind, pick, bytes } of steps) {
    const sequence = live[pick % Math.max(1, live.length)]
    if (kind === 'allocate' || sequence === undefined) {
      const handle = paged.allocate(bytes)
      const needs = Math.ceil(bytes / BLOCK)
      expect(handle >= 0).toBe(needs <= BLOCKS - distinct().size)
      if (handle >= 0) live.push({ handle, blocks: filling([], bytes) })
    } else if (kind === 'grow') {
      const last = sequence.blocks.at(-1)!
      const copies = last.filled < BLOCK && holders(last).length > 1
      const before = copies ? [...sequence.blocks.slice(0, -1), { ...last }] : sequence.blocks
      const more = Math.ceil(Math.max(0, bytes - (BLOCK - last.filled)) / BLOCK)
      const fits = more + (copies ? 1 : 0) <= BLOCKS - distinct().size
      expect(paged.grow(sequence.handle, bytes)).toBe(
        fits ? sequence.handle : OUT_OF_MEMORY.shortage,
      )
      if (fits) sequence.blocks = filling(before, bytes)
    } else if (kind === 'fork') {
      live.push({ handle: paged.fork(sequence.handle), blocks: [...sequence.blocks] })
    } else if (kind === 'prefix') {
      const blocks = 1 + (bytes % sequence.blocks.length)
      // part of the last block means the whole sequence
      const shared = sequence.blocks.slice(0, blocks)
      live.push({ handle: paged.fork(sequence.handle, blocks), blocks: shared })
    } else {
      paged.free(sequence.handle)
      live.splice(live.indexOf(sequence), 1)
    }
    const { inUseBytes, requestedBytes } = paged.statistics()
    expect(inUseBytes).toBe(distinct().size * BLOCK)
    expect(requestedBytes).toBe([...distinct()].reduce((sum, { filled }) => sum + filled, 0))
  }
  for (const { handle } of live) paged.free(handle)
  expect(paged.statistics()).toMatchObject({ inUseBytes: 0, requestedBytes: 0 })
  expect([...paged.chunks()]).toEqual([
    { region: 0, address: 0, bytes: BLOCKS * BLOCK, handle: -1 },
  ])
}

function filling(blocks: { filled: number }[], bytes: number): { filled: number }[] {
  const all = [...blocks]
  for (let left = bytes; left > 0; ) {
    if (all.at(-1)?.filled === BLOCK || all.length === 0) all.push({ filled: 0 })
    const here = Math.min(left, BLOCK - all.at(-1)!.filled)
    all.at(-1)!.filled += here
    left -= here
  }
  return all
}

const pages = () =>
  new PagedAllocator(new Device(1e6), {
    arenaBytes: BLOCK * BLOCKS + 1,
    blockTokens: 4,
    tokenBytes: 4,
  })

const sequences = fc.array(step, { maxLength: 80, size: 'max' })
const OPTIONS = { numRuns: 200, endOnFailure: true }

test('sequences grow, share blocks and copy before they write, as lists of blocks do', () => {
  fc.assert(
    fc.property(sequences, (steps) => agree(pages(), steps)),
    OPTIONS,
  )
})

test('pages that share nothing are caught', () => {
  class Copies extends PagedAllocator {
    override fork(): number {
      return this.allocate(BLOCK)
    }
  }
  const make = () =>
    new Copies(new Device(1e6), { arenaBytes: BLOCK * BLOCKS, blockTokens: 4, tokenBytes: 4 })
  expect(() =>
    fc.assert(
      fc.property(sequences, (steps) => agree(make(), steps)),
      OPTIONS,
    ),
  ).toThrow()
})

test('the ledger of the control plane counts as many blocks as the simulated pages', () => {
  const traffic = fc.array(
    fc.record({
      kind: fc.constantFrom('join', 'step', 'step', 'step', 'leave'),
      pick: fc.nat(),
      prompt: fc.integer({ min: 1, max: 30 }),
    }),
    { maxLength: 120, size: 'max' },
  )
  fc.assert(
    fc.property(traffic, (events) => {
      const paged = new PagedAllocator(new Device(1e6), {
        arenaBytes: BLOCK * BLOCKS,
        blockTokens: BLOCK,
        tokenBytes: 1,
      })
      const ledger = new KvLedger({ blocks: BLOCKS, blockTokens: BLOCK })
      const live: { readonly handle: number; context: number }[] = []
      let step = 0
      for (const { kind, pick, prompt } of events) {
        if (kind === 'join') {
          const handle = paged.allocate(prompt)
          expect(handle >= 0).toBe(ledger.blocksOf(prompt) <= ledger.free)
          if (handle < 0) continue
          ledger.take(ledger.blocksOf(prompt))
          ledger.join(prompt, step)
          live.push({ handle, context: prompt })
        } else if (kind === 'step' && ledger.needs(step) <= ledger.free) {
          ledger.take(ledger.growth(step++, 1))
          for (const sequence of live) {
            expect(paged.grow(sequence.handle, 1)).toBe(sequence.handle)
            sequence.context++
          }
        } else if (kind === 'leave' && live.length > 0) {
          const [gone] = live.splice(pick % live.length, 1)
          ledger.leave(gone!.context, step)
          ledger.release(ledger.blocksOf(gone!.context))
          paged.free(gone!.handle)
        }
        expect(paged.statistics().inUseBytes).toBe(ledger.used * BLOCK)
      }
    }),
    OPTIONS,
  )
})

test('a reservation grows in place, up to its length', () => {
  const contiguous = new ContiguousAllocator(new Device(100), {
    arenaBytes: 100,
    reservationBytes: 40,
  })
  const handle = contiguous.allocate(10)
  for (let i = 0; i < 30; i++) expect(contiguous.grow(handle, 1)).toBe(handle)
  expect(contiguous.grow(handle, 1)).toBe(OUT_OF_MEMORY.oversize)
  expect(contiguous.statistics()).toMatchObject({
    requestedBytes: 40,
    inUseBytes: 40,
    internalFragmentation: 0,
  })
  // 60 bytes are free; 20 of them are too few for a reservation
  expect(contiguous.allocate(1)).toBeGreaterThan(-1)
  expect(contiguous.allocate(15)).toBe(OUT_OF_MEMORY.fragmentation)
  expect(contiguous.allocate(30)).toBe(OUT_OF_MEMORY.shortage)
})
