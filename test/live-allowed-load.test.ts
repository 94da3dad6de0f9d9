import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { madeUpProfile } from './profiles.ts'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** What commands send to servers, and what they never do. */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const SCENARIO = `spillway: 1
name: allowed
duration_s: 2
models:
  net: { builtin: mlp, layers: 2, width: 64 }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 30 }
pools:
  - name: central
    model: net
    batching: { policy: dynamic, max_batch: 4, max_delay_ms: 0 }
    target: { url: 'URL', model: served }
`
const METADATA = JSON.stringify({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 64] }],
})
const ANSWER = JSON.stringify({
  outputs: [{ name: 'output', datatype: 'FP32', shape: [1, 1], data: [0] }],
})
/** Of this machine, but not of the loopback: another machine as far as commands know. */
const address = Object.values(networkInterfaces())
  .flatMap((of) => of ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

const servers: Server[] = []
beforeAll(() => {
  vi.stubEnv('SPILLWAY_CACHE', `${folder}/cache`)
})
afterAll(() => {
  vi.unstubAllEnvs()
  for (const server of servers) {
    server.close()
    server.closeAllConnections()
  }
})

/** Answers metadata, and calls by `infer`. */
const asServer =
  (infer: RequestListener): RequestListener =>
  (request, response) => {
    request.resume()
    request.on('end', () => {
      if (request.url!.endsWith('/infer')) infer(request, response)
      else if (request.url === '/v2') response.end('{}')
      else response.end(METADATA)
    })
  }

async function portOf(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  servers.push(server)
  return (server.address() as AddressInfo).port
}

const commandAt = (command: string, url: string, ...args: string[]) => {
  put(folder, 'allowed.yaml', SCENARIO.replace('URL', url))
  const profile = JSON.stringify(madeUpProfile(SCENARIO.replace('URL', url)))
  put(folder, 'allowed.json', profile)
  const given = command === 'calibrate' ? ['--out', 'calibrated'] : ['--profile', 'allowed.json']
  return run(command, 'allowed.yaml', ...given, ...args)
}

test.skipIf(address === undefined)(
  'another machine is loaded where it is allowed by name, and with limits',
  async () => {
    const times: number[] = []
    const server = createServer(
      asServer((_, response) => {
        times.push(performance.now())
        response.end(ANSWER)
      }),
    )
    const url = `http://${address}:${await portOf(server, address!)}`
    const refused = await commandAt('replay', url)
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain(`${address} is another machine, which is loaded only with`)
    const limits = ['--max-rps', '100', '--max-seconds', '600']
    const other = await commandAt('replay', url, '--allow-host', '192.0.2.1', ...limits)
    expect(other.code).toBe(3)
    expect(times).toHaveLength(0)
    const allow = ['--allow-host', address!, ...limits]
    const replayed = await commandAt('replay', url, ...allow, '--replays', '1')
    expect(replayed.code, replayed.stderr).toBe(0)
    expect(replayed.stderr).toMatch(/sends \d+ requests in 2 s, at most \d+ in a second, once/)
    expect(times.length).toBeGreaterThan(30)
  },
)

test('a replay beyond its limits sends nothing', async () => {
  let calls = 0
  const server = createServer(
    asServer((_, response) => {
      calls++
      response.end(ANSWER)
    }),
  )
  const url = `http://127.0.0.1:${await portOf(server, '127.0.0.1')}`
  const fast = await commandAt('replay', url, '--max-rps', '10', '--max-seconds', '60')
  expect(fast.code).toBe(3)
  expect(fast.stderr).toMatch(
    /traffic: \d+ requests arrive in the busiest second, more than --max-rps 10/,
  )
  const long = await commandAt('replay', url, '--max-rps', '500', '--max-seconds', '5')
  expect(long.code).toBe(3)
  expect(long.stderr).toContain('3 replays of 2 s are longer than --max-seconds 5')
  const calibrated = await commandAt('calibrate', url, '--max-rps', '500', '--max-seconds', '5')
  expect(calibrated.code).toBe(3)
  expect(calibrated.stderr).toContain('a calibration of 60 s is longer than --max-seconds 5')
  expect(calls).toBe(0)
})

test('a calibration keeps to its rate', async () => {
  const times: number[] = []
  const server = createServer(
    asServer((_, response) => {
      times.push(performance.now())
      response.end(ANSWER)
    }),
  )
  const url = `http://127.0.0.1:${await portOf(server, '127.0.0.1')}`
  const limits = ['--max-rps', '60', '--max-seconds', '60']
  const calibrated = await commandAt('calibrate', url, '--seconds', '3', ...limits)
  expect(calibrated.code, calibrated.stderr).toBe(0)
  expect(calibrated.stderr).toContain('traffic of single requests, at most 30/s')
  expect(times.length).toBeGreaterThan(60)
  expect(times.length).toBeLessThanOrEqual(60 * ((times.at(-1)! - times[0]!) / 1000 + 1))
})

test.each([
  ['an error', 503, 0, 'it answered 503'],
  ['an answer that takes too long', 200, 400, 'ms, longer than 100 ms'],
])('a calibration stops at %s', async (_, status, delayMs, text) => {
  let calls = 0
  const server = createServer(
    asServer((_request, response) => {
      calls++
      if (calls < 40) response.end(ANSWER)
      else setTimeout(() => response.writeHead(status).end(ANSWER), delayMs)
    }),
  )
  const url = `http://127.0.0.1:${await portOf(server, '127.0.0.1')}`
  const limit = ['--max-latency-ms', '100']
  const stopped = await commandAt('calibrate', url, '--seconds', '5', ...(delayMs > 0 ? limit : []))
  expect(stopped.code).toBe(3)
  expect(stopped.stderr).toContain(text)
  expect(stopped.stderr).toContain('so nothing more is sent')
  // those of a batch that was under way, on each of its connections
  expect(calls).toBeLessThan(40 + 10)
})

const lacksOpenssl = spawnSync('openssl', ['version']).status !== 0

test.skipIf(lacksOpenssl)('a certificate that nothing vouches for is refused', async () => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  )
  let calls = 0
  const given = { key: readFileSync(key), cert: readFileSync(cert) }
  const server = createTls(given, (_, response) => {
    calls++
    response.end(ANSWER)
  })
  const url = `https://127.0.0.1:${await portOf(server, '127.0.0.1')}`
  for (const lax of ['1', '0']) {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', lax)
    const { code, stderr } = await commandAt('replay', url)
    expect(code).toBe(3)
    expect(stderr).toContain('its certificate is not trusted')
  }
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', undefined)
  expect(calls).toBe(0)
})
