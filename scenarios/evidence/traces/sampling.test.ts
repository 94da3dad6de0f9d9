import { describe, expect, test } from 'vitest'
import { samplingOf } from './sampling.ts'
import { exported, httpSpan, shown, shownBy } from './spans.test-helper.ts'

const shareOf = (traceState: string) => shownBy(httpSpan({ traceState }))!.share
const VALUES = { 'http.request.method': 'GET' }

describe('the share that a sampler has kept', () => {
  test.each([
    ['ot=th:0', 1],
    ['ot=th:c', 0.25],
    ['ot=th:C', 0.25],
    ['ot=th:8', 0.5],
    ['vendor=x, ot=rv:6e6d1a75832a2f;th:fd7', 1 - 0xfd7 / 0x1000],
    ['ot=th:ffffffffffffff', 2 ** -56],
    ['ot=p:3;r:5', 0.125],
    ['ot=p:0', 1],
  ])('is stated by the state %s', (state, share) => expect(shareOf(state)).toBe(share))

  test.each(['', 'ot=', 'ot=th', 'ot=th:', 'ot=th:xyz', 'ot=p:63', 'ot=p:-1', 'got=th:c', 'th:c'])(
    'is not stated by the state "%s"',
    (state) => expect(shareOf(state)).toBeNull(),
  )

  test('is not stated by a state without end, or by one that is no text', () => {
    expect(shareOf(`ot=th:${'f'.repeat(1e6)}`)).toBeNull()
    expect(shownBy({ ...httpSpan(), traceState: 7 })!.share).toBeNull()
  })

  test('is stated by tags of Jaeger', () => {
    const share = (param: number | string, type = 'probabilistic') =>
      shownBy(httpSpan({ values: { ...VALUES, 'sampler.type': type, 'sampler.param': param } }))!
        .share
    expect(share(0.1)).toBe(0.1)
    for (const bad of [share(7), share('x'), share(1, 'ratelimiting')]) expect(bad).toBeNaN()
  })

  test('is hidden by a mark without it', () => {
    const marked = shownBy(httpSpan({ values: { ...VALUES, 'sampling.priority': 1 } }))!
    expect(marked.share).toBeNaN()
    const scope = { 'tailsampling.policy': 'keep-errors' }
    expect(shown(exported([httpSpan()], { scope }))[0]!.share).toBeNaN()
  })
})

describe('the sampling of all requests', () => {
  test('is whole only where each states that all were kept', () => {
    expect(samplingOf([1, 1], null)).toEqual({
      ...{ share: 1, isPart: false, isRecorded: true, note: null },
    })
    for (const shares of [[1, null], [null]]) {
      const sampling = samplingOf(shares, null)
      expect(sampling).toMatchObject({ share: null, isPart: false })
      expect(sampling.note).toMatch(/^spans do not state .* --sampled 1$/)
    }
  })

  test('has the share, by how many requests each span stands for', () => {
    const tenth = samplingOf([0.1, 0.1], null)
    expect(tenth).toMatchObject({ isPart: true, isRecorded: true })
    expect(tenth.share).toBeCloseTo(0.1, 12)
    expect(tenth.note).toMatch(/10 % of the requests are in the files; .* show$/)
    // 1 + 9 of 2
    const uneven = samplingOf([1, 1 / 9], null)
    expect(uneven.share).toBeCloseTo(0.2, 12)
    expect(uneven.note).toContain('shares differ between requests')
  })

  test.each([
    ['marks alone', [Number.NaN, null], /1 of 2 spans have the mark of a sampler/],
    ['the share of some alone', [0.25, null], /1 of 2 spans state a share below 1/],
  ] as const)('is an unknown part with %s', (_, shares, note) => {
    const sampling = samplingOf(shares, null)
    expect(sampling).toMatchObject({ share: null, isPart: true })
    expect(sampling.note).toMatch(note)
  })

  test('is as the user states it, where spans do not', () => {
    expect(samplingOf([null, Number.NaN], 0.1)).toMatchObject({
      ...{ share: 0.1, isPart: true, isRecorded: false },
    })
    const all = samplingOf([null], 1)
    expect(all).toMatchObject({ share: 1, isPart: false, isRecorded: false })
    expect(all.note).toContain('stated with --sampled')
  })

  test('is refused where spans state another share', () => {
    expect(samplingOf([0.25], 0.25).share).toBe(0.25)
    for (const stated of [1, 0.2]) {
      expect(() => samplingOf([0.25, 0.25], stated)).toThrow('spans state a share of 0.25')
    }
  })
})
