import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const text = (parts: { model?: string; link?: string; own?: string }) => `spillway: 1
name: s
duration_s: 60
models:
  m: ${parts.model ?? '{ work: { law: constant, ms: 4 } }'}
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 }${parts.own ?? ''} }
pools:
  - { name: central, model: m }
link: ${parts.link ?? '{ delay_ms: 1, per_request_ms: 0.1 }'}
`

test('a link has a delay, a time for each request, or both', () => {
  expect(problemsIn(text({}))).toEqual([])
  expect(problemsIn(text({ link: '{ per_request_ms: 2 }' }))).toEqual([])
  expect(problemsIn(text({ link: '{ delay_ms: 0 }' }))).toEqual([
    'link: expected a time above 0, got a link that takes none',
  ])
})

test("a client timeout is longer than the link's delay", () => {
  expect(problemsIn(text({ own: ', timeout_ms: 1.2' }))).toEqual([])
  expect(problemsIn(text({ own: ', timeout_ms: 1.1' }))).toEqual([
    'traffic.web.timeout_ms: expected more than the 1.1 ms of the link, got 1.1',
  ])
})
