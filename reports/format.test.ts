import { describe, expect, test } from 'vitest'
import {
  decimals,
  estimateText,
  exactSize,
  exactText,
  fixed,
  loadText,
  percentileName,
  plural,
  signedPercent,
  sizeIn,
  sizeUnit,
  time,
  toleranceText,
} from './format.ts'

const estimate = (value: number | null, low: number | null, high: number | null) => ({
  value,
  low,
  high,
  n: 100,
})

describe('formatting', () => {
  test('no digit is printed beyond the support of the interval, and at most three beside one', () => {
    expect(estimateText(estimate(12.3456, 11.9, 12.8), 'time')).toBe('12.3 [11.9, 12.8] ms')
    expect(estimateText(estimate(12.3456, 12.33, 12.36), 'time')).toBe('12.3 [12.3, 12.4] ms')
    expect(estimateText(estimate(1234.5, 700, 1900), 'time')).toBe('1,200 [700, 1,900] ms')
    expect(estimateText(estimate(0.9403, 0.9386, 0.942), 'share')).toBe('94.0 [93.9, 94.2] %')
    // of a share near 100 % the fourth digit is the second of what was lost
    expect(estimateText(estimate(0.9962, 0.9958, 0.9966), 'share')).toBe('99.62 [99.58, 99.66] %')
  })

  test.each([
    [1, 'replay', '1 replay'],
    [30_000, 'request', '30,000 requests'],
    [1, 'further class', '1 further class'],
    [2, 'further class', '2 further classes'],
    [2, 'batch', '2 batches'],
    [2, 'box', '2 boxes'],
  ])('%d of %s are %s', (n, noun, text) => expect(plural(n, noun)).toBe(text))

  test('a figure that is equal in every run has no interval', () => {
    expect(estimateText(estimate(12.3456, 12.3456, 12.3456), 'time')).toBe('12.35 ms')
    expect(estimateText(estimate(1, 1, 1), 'share')).toBe('100 %')
    expect(estimateText(estimate(0, 0, 0), 'share')).toBe('0 %')
    expect(estimateText(estimate(1, 0.99, 1), 'share')).toBe('100 [99, 100] %')
    expect(estimateText(estimate(0, 0, 0.0004), 'share')).toBe('0.00 [0.00, 0.04] %')
  })

  test('a figure without an interval has two digits', () => {
    expect(estimateText(estimate(1234.5, null, null), 'time')).toBe('1,200 ms')
    expect(time(0.0567)).toBe('57 µs')
    expect(time(45_678)).toBe('46 s')
  })

  test('a load is never 0 unless there is none', () => {
    const texts = [0.7, 0.6012, 1.0249, 12.345, 0.05, 0.00421, 0.0000512, 0].map(loadText)
    expect(texts).toEqual(['0.7', '0.6', '1.02', '12.35', '0.05', '0.0042', '0.000051', '0'])
  })

  test('an unsupported figure is a dash', () => {
    expect(estimateText(estimate(null, null, null), 'time')).toBe('–')
    expect(signedPercent(null)).toBe('–')
  })

  test('an interval wider than its value leaves one digit of the value', () => {
    expect(decimals(3.4, 200)).toBe(0)
    expect(decimals(0.02, 5)).toBe(2)
  })

  test('a lower end above zero is never printed as 0', () => {
    expect(estimateText(estimate(4.65, 0.36, 40), 'time')).toBe('5 [0.4, 40] ms')
    expect(estimateText(estimate(4.65, 0, 40), 'time')).toBe('5 [0, 40] ms')
    expect(estimateText(estimate(4.65, 0.97, 40), 'time')).toBe('5 [1, 40] ms')
    expect(estimateText(estimate(30, 12, 40), 'time')).toBe('30 [12, 40] ms')
  })

  test('an end that is more than a factor of 100 away is not printed, and both are no interval', () => {
    expect(estimateText(estimate(4.65, 0.0036, 400), 'time')).toBe('5 [<0.05, 400] ms')
    expect(estimateText(estimate(300, 0.002, 40_775_512), 'time')).toBe('300 ms (no interval)')
    expect(estimateText(estimate(0, 0, 40), 'time')).toBe('0 [0, 40] ms')
  })

  test('a tolerance has one form', () => {
    expect(toleranceText({ relative: 0.01, absolute_ms: 0.03 })).toBe('max(1 %, 30 µs)')
    expect(toleranceText({ relative: 0.05, absolute_ms: 2 })).toBe('max(5 %, 2 ms)')
  })

  test('signs are kept, zero has none', () => {
    expect(signedPercent(0.0123)).toBe('+1.2 %')
    expect(signedPercent(-0.37)).toBe('−37 %')
    expect(signedPercent(-0.00001)).toBe('0.0 %')
    expect(fixed(-1234.5, 1)).toBe('−1,234.5')
  })

  test('sizes are in the most readable unit', () => {
    expect(estimateText(estimate(0.05, 0.049, 0.051), 'size')).toBe('51.2 [50.2, 52.2] KiB')
    expect(estimateText(estimate(1234, 1230, 1238), 'size')).toBe('1,230 [1,230, 1,240] MiB')
    expect(estimateText(estimate(23_654, 23_600, 23_700), 'size')).toBe('23.1 [23.0, 23.1] GiB')
    expect([0, 1536, 24_576].map((mib) => exactSize(mib))).toEqual(['0 MiB', '1,536 MiB', '24 GiB'])
  })

  test('a second size is in the unit of the first, to three digits', () => {
    const gib = sizeUnit(24_576)
    expect([23_654, 512, 0].map((mib) => sizeIn(gib, mib))).toEqual(['23.1', '0.500', '0'])
  })

  test('exact figures have no superfluous digits', () => {
    expect(exactText(0.3, 'share')).toBe('30 %')
    expect(exactText(12, 'plain')).toBe('12')
    expect(exactText(1 / 3, 'plain')).toBe('0.3333')
  })

  test('percentiles are named without superfluous digits', () => {
    expect([0.5, 0.99, 0.999].map(percentileName)).toEqual(['p50', 'p99', 'p99.9'])
  })
})
