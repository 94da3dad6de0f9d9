import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const RETRY = 'retry: { max_attempts: 3 }'
const LIMIT = 'concurrency: { limit: 9 }'

interface Parts {
  readonly admission?: string
  readonly traffic?: string
  readonly queue?: string
  readonly value?: string
}

function problemsOf({ admission = LIMIT, traffic = RETRY, queue = '', value = '50' }: Parts) {
  const controls = [admission, `retry_pushback_ms: ${value}`].filter((text) => text !== '')
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: linear, base_ms: 1 } } }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 }, ${traffic} }
pools:
  - name: central
    model: m
    replicas: 3
    queue: { mode: per-replica${queue} }
    admission: { ${controls.join(', ')} }
`)
}

const hedge = (more: string) => `hedge: { policy: hedged, after_ms: 20${more} }`

test.each<Parts>([
  {},
  { value: '0' },
  { value: '-1' },
  { admission: 'token_bucket: { rate_rps: 5, burst: 2 }' },
  { admission: '', queue: ', max_length: 4' },
  { admission: '', queue: ', levels: { 1: { max_length: 4 } }, discipline: priority' },
  { traffic: 'retry: { max_attempts: 3, retry_on: [shed] }' },
  { traffic: hedge('') },
  { traffic: hedge(', non_fatal: [shed]') },
  { traffic: hedge(', non_fatal: [], throttling: { max_tokens: 9, token_ratio: 1 }'), value: '-1' },
])('%j is fine', (parts) => {
  expect(problemsOf(parts)).toEqual([])
})

test.each<[Parts, string]>([
  [{ admission: '' }, 'remove retry_pushback_ms: the pool refuses no request; it may with'],
  [{ traffic: '' }, 'remove retry_pushback_ms: no class of the pool has retry'],
  [{ traffic: 'hedge: { policy: tied }' }, 'remove retry_pushback_ms: no class of the pool'],
  [{ traffic: 'retry: { max_attempts: 3, retry_on: [failed] }' }, 'that sends again what was shed'],
  [{ traffic: hedge(', non_fatal: [failed]') }, 'remove retry_pushback_ms: no class of the pool'],
  [
    { traffic: hedge(', non_fatal: [], throttling: { max_tokens: 9, token_ratio: 1 }') },
    'remove retry_pushback_ms: no class of the pool',
  ],
  [{ value: '-2' }, 'at least -1'],
  [{ value: '0.5' }, 'retry_pushback_ms'],
])('%j is rejected', (parts, text) => {
  expect(problemsOf(parts)).toEqual([expect.stringContaining(text)])
})
