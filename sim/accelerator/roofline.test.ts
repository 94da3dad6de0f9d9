import { describe, expect, test } from 'vitest'
import {
  allReduceMs,
  exchangeMs,
  IDEAL,
  passTime,
  type RooflineCard,
  regionOf,
} from './roofline.ts'
import type { KernelGroup } from './transformer-work.ts'

/** A card whose knee is at 100 FLOPs a byte. */
const CARD: RooflineCard = { bandwidthGbS: 1000, tflops: 100, ...IDEAL }

const linear = (flops: number, bytes: number, launches = 1): KernelGroup => ({
  name: 'linear',
  flops,
  bytes,
  launches,
})

describe('the time of a pass', () => {
  test('is that of the bytes below the knee, and of the FLOPs above it', () => {
    expect(passTime(CARD, [linear(99e9, 1e9)], 1).ms).toBeCloseTo(1, 12)
    expect(passTime(CARD, [linear(200e9, 1e9)], 1).ms).toBeCloseTo(2, 12)
  })

  test('sums groups, each with its launches', () => {
    const card = { ...CARD, launchUs: 10 }
    const groups = [linear(50e9, 1e9, 4), linear(200e9, 1e9, 6)]
    expect(passTime(card, groups, 1).ms).toBeCloseTo(1 + 2 + 0.1, 12)
  })

  test('grows as efficiencies fall', () => {
    const half = { ...CARD, computeEfficiency: 0.5, memoryEfficiency: 0.8 }
    expect(passTime(half, [linear(200e9, 1e9)], 1).ms).toBeCloseTo(4, 12)
    expect(passTime(half, [linear(1e9, 1e9)], 1).ms).toBeCloseTo(1.25, 12)
  })

  test('at half the tokens of saturation, computing takes twice as long', () => {
    const card = { ...CARD, halfTokens: 64 }
    expect(passTime(card, [linear(200e9, 1e9)], 64).ms).toBeCloseTo(4, 12)
  })

  test('a soft knee adds most where both take equally long: 2^(1/p)', () => {
    const soft = { ...CARD, sharpness: 2 }
    expect(passTime(soft, [linear(100e9, 1e9)], 1).ms).toBeCloseTo(Math.SQRT2, 12)
    expect(passTime(soft, [linear(1e9, 1e9)], 1).ms).toBeLessThan(1.0001)
    const additive = { ...CARD, sharpness: 1 }
    expect(passTime(additive, [linear(100e9, 1e9)], 1).ms).toBeCloseTo(2, 12)
  })

  test('negative control: 5 % less bandwidth shows below the knee and not above', () => {
    const slow = { ...CARD, bandwidthGbS: 950 }
    expect(passTime(slow, [linear(1e9, 1e9)], 1).ms).toBeGreaterThan(1.05)
    expect(passTime(slow, [linear(200e9, 1e9)], 1).ms).toBeCloseTo(2, 12)
  })

  test('names what bounds it', () => {
    const region = (groups: KernelGroup[]) =>
      regionOf(passTime({ ...CARD, launchUs: 5 }, groups, 1))
    expect(region([linear(1e6, 1e6)])).toBe('launch-bound')
    expect(region([linear(1e9, 1e9)])).toBe('memory-bound')
    expect(region([linear(200e9, 1e9)])).toBe('compute-bound')
  })
})

describe('an all-reduce', () => {
  const link = { bandwidthGbS: 100, latencyUs: 10 }

  test('sends 2 (n − 1) / n of its bytes, and nothing on one card', () => {
    expect(allReduceMs(1e9, 4, link)).toBeCloseTo(15.01, 12)
    expect(allReduceMs(1e9, 1, link)).toBe(0)
  })

  test('runs twice a layer over the hidden states', () => {
    const pass = { tokens: 1000, bits: 16, cards: 2 }
    const each = allReduceMs(1000 * 4096 * 2, 2, link)
    expect(exchangeMs({ layers: 32, hidden: 4096 }, pass, link)).toBeCloseTo(64 * each, 12)
  })
})
