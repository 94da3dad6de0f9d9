import { afterEach, expect, test, vi } from 'vitest'
import { parseScenario } from '../../scenarios/index.ts'
import { variable } from '../../scenarios/schema/target-headers.ts'
import { allowedLoad } from './allowed-load.ts'
import { targetOf } from './pool-target.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

function poolAt(url: string, headers = '{}') {
  const { scenario } = parseScenario(
    `spillway: 1
name: s
duration_s: 60
models: { m: { builtin: mlp } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 40 } }]
pools: [{ name: central, model: m, target: { url: '${url}', headers: ${headers} } }]
`,
    { file: 's.yaml' },
  )
  return scenario.pools[0]!
}
const allow = (...allowHost: string[]) => allowedLoad({ allowHost, maxRps: 10, maxSeconds: 60 })

test.each(['http://127.0.0.1:8000', 'http://localhost', 'http://[::1]:80/at', 'http://127.1'])(
  '%s is on this machine',
  (url) => {
    expect(targetOf(poolAt(url))).toMatchObject({ url, limits: null })
  },
)

test.each([
  'http://example.com',
  'http://0.0.0.0:8000',
  'http://10.0.0.1',
  'http://[::ffff:127.0.0.1]',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
])('%s is another machine, which has to be allowed by its name', (url) => {
  const { hostname, host } = new URL(url)
  const refused = `pools.central.target.url: ${hostname} is another machine, which is loaded only with --allow-host ${hostname} --max-rps N --max-seconds S`
  expect(() => targetOf(poolAt(url))).toThrow(refused)
  expect(() => targetOf(poolAt(url), allow('other.example'))).toThrow(refused)
  expect(targetOf(poolAt(url), allow(host))).toMatchObject({ url, limits: { perSecond: 10 } })
})

test('a host with a port is that port alone', () => {
  const pool = poolAt('http://example.com:8001')
  expect(() => targetOf(pool, allow('example.com:8000'))).toThrow('another machine')
  expect(targetOf(pool, allow('example.com:8001'))).not.toBe(null)
  expect(targetOf(pool, allow('example.com'))).not.toBe(null)
})

test('a key is read from the environment, and goes to other machines by https only', () => {
  const headers = `{ authorization: "Bearer ${variable('SPILLWAY_TEST_KEY')}" }`
  const at = 'pools.central.target.headers'
  expect(() => targetOf(poolAt('http://127.0.0.1', headers))).toThrow(
    `${at}: set the environment variable SPILLWAY_TEST_KEY`,
  )
  vi.stubEnv('SPILLWAY_TEST_KEY', 'one\ntwo')
  expect(() => targetOf(poolAt('http://127.0.0.1', headers))).toThrow(
    /SPILLWAY_TEST_KEY has characters that no header has(?!.*two)/,
  )
  vi.stubEnv('SPILLWAY_TEST_KEY', 'one')
  expect(targetOf(poolAt('http://127.0.0.1', headers))).not.toBe(null)
  expect(() => targetOf(poolAt('http://example.com', headers), allow('example.com'))).toThrow(
    `${at}.authorization: headers are sent to another machine by https only`,
  )
  expect(targetOf(poolAt('https://example.com', headers), allow('example.com'))).not.toBe(null)
})
