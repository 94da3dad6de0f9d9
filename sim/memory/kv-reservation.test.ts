import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ContiguousAllocator, Device, type GrowingAllocator, PagedAllocator } from './index.ts'

const TRACE = new URL('../../../shared/data/azure_llm_2023_conv.csv.gz', import.meta.url)
/** Llama-2-7b in 16 bits: 2 x 32 layers x 32 heads x 128 x 2 bytes */
const TOKEN = 524_288
const BLOCK_TOKENS = 16

/** Context and generated tokens of each request, added. */
function tokensOf(csv: string): number[] {
  return csv
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(',').slice(1).map(Number))
    .map(([context, generated]) => context! + generated!)
}

const device = () => new Device(Number.POSITIVE_INFINITY)

function reserving(reservation: number, places: number): ContiguousAllocator {
  const reservationBytes = reservation * TOKEN
  return new ContiguousAllocator(device(), {
    arenaBytes: places * reservationBytes,
    reservationBytes,
  })
}

function paging(tokens: number): PagedAllocator {
  return new PagedAllocator(device(), {
    arenaBytes: tokens * TOKEN,
    blockTokens: BLOCK_TOKENS,
    tokenBytes: TOKEN,
  })
}

/** Admits requests in order until one gets no memory. Returns the number admitted. */
function heldAtOnce(allocator: GrowingAllocator, requests: readonly number[]): number {
  let held = 0
  for (const tokens of requests) {
    const handle = allocator.allocate(tokens * TOKEN)
    if (allocator.statistics().shortages + allocator.statistics().fragmentations > 0) break
    if (handle >= 0) held++
  }
  return held
}

const present = existsSync(TRACE)
const reason = present ? '' : ' (skipped: ../shared/data is not here)'

describe.skipIf(!present)(`on the Azure conversations of 2023${reason}`, () => {
  // the body of a skipped block runs too
  const requests = present ? tokensOf(gunzipSync(readFileSync(TRACE)).toString()) : []

  test('there are 19,366 requests', () => expect(requests).toHaveLength(19_366))

  test.each([
    { reservation: 2048, share: 0.4816, refused: 2838 },
    { reservation: 4096, share: 0.2691, refused: 1612 },
  ])(
    'a reservation of $reservation tokens holds $share tokens and rejects $refused',
    (expected) => {
      const { reservation, share, refused } = expected
      const allocator = reserving(reservation, requests.length)
      for (const tokens of requests) allocator.allocate(tokens * TOKEN)
      const { internalFragmentation, oversizes, shortages } = allocator.statistics()
      expect(1 - internalFragmentation).toBeCloseTo(share, 4)
      expect([oversizes, shortages]).toEqual([refused, 0])
      // the mean length, computed without an allocator
      const kept = requests.filter((tokens) => tokens <= reservation)
      const mean = kept.reduce((sum, tokens) => sum + tokens, 0) / kept.length
      expect(1 - internalFragmentation).toBeCloseTo(mean / reservation, 9)
    },
  )

  test('blocks of 16 tokens hold more than 99 % and reject nothing', () => {
    const total = requests.reduce((sum, tokens) => sum + tokens, 0)
    const allocator = paging(total + BLOCK_TOKENS * requests.length)
    for (const tokens of requests) expect(allocator.allocate(tokens * TOKEN)).toBeGreaterThan(-1)
    expect(1 - allocator.statistics().internalFragmentation).toBeCloseTo(0.9946, 4)
  })

  test('in equal memory, pages hold 1.45 and 2.77 times as many requests at once', () => {
    const places = 4000
    for (const [reservation, times] of [
      [2048, 1.45],
      [4096, 2.77],
    ] as const) {
      expect(heldAtOnce(reserving(reservation, places), requests)).toBe(places)
      const paged = heldAtOnce(paging(places * reservation), requests)
      expect(paged / places).toBeCloseTo(times, 2)
    }
  })
})
