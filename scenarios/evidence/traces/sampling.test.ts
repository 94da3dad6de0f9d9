import { describe, expect, test } from 'vitest'
import { samplingNote } from './sampling.ts'
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

describe('the note of all requests', () => {
  test('is missing only where each states that all were kept', () => {
    expect(samplingNote([1, 1])).toBeNull()
    expect(samplingNote([1, null])).toMatch(/^spans do not state .*\(1 of 2 state it\): if they/)
    expect(samplingNote([null])).toMatch(/^spans do not state whether they were sampled: if they/)
  })

  test('has the share, by how many requests each span stands for', () => {
    expect(samplingNote([0.1, 0.1])).toMatch(/10 % .* are in the files, so rates are 10 times/)
    // 1 + 9 of 2
    expect(samplingNote([1, 1 / 9])).toMatch(/20 % .* rates are 5 times/)
    expect(samplingNote([0.25, null])).toMatch(/25 % .*\(1 of 2 state it\).* 4 times/)
  })

  test('says that the share is not known where spans have marks alone', () => {
    expect(samplingNote([Number.NaN, null])).toMatch(/^traces are sampled: 1 of 2 spans/)
  })
})
