import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACCESS_LOGS, nginxReader } from '../scenarios/evidence/access-logs/index.ts'
import type { LineFormat, RequestRecord } from '../scenarios/evidence/request-record.ts'
import { needProxies, startHaproxy, startNginx } from './proxies.ts'

/**
 * What real proxies log, as we read it, against what a client and a server saw. All take the time
 * of one clock, and each comparison is of a cause and its effect, so none depends on speed.
 */

const REQUESTS = 50
/** Least time that the server takes for a request, ms. */
const SERVICE_MS = 10
/** Logs have whole ms, and each is rounded. */
const ROUNDED_MS = 2

interface Seen {
  readonly beganMs: number
  readonly endedMs: number
}

/** What the server saw, by the path of a request, in order. */
let served = new Map<string, Seen>()
let port = 0

const server = createServer(async (request, response) => {
  const beganMs = Date.now()
  while (Date.now() - beganMs < SERVICE_MS) await setTimeout(1)
  const failed = request.url!.endsWith('/failed')
  served.set(request.url!, { beganMs, endedMs: Date.now() })
  response.writeHead(failed ? 503 : 200).end('{}')
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

/** Sends requests with paths of two segments, some at once, and returns when each was sent. */
async function send(url: string, atOnce: number): Promise<ReadonlyMap<string, number>> {
  served = new Map()
  const sent = new Map<string, number>()
  for (let first = 0; first < REQUESTS; first += atOnce) {
    await Promise.all(
      Array.from({ length: atOnce }, async (_, i) => {
        const path = `/${first + i}/${(first + i) % 10 === 9 ? 'failed' : 'answered'}`
        sent.set(path, Date.now())
        const headers = { 'user-agent': 'a "quoted\\" \u00e9 [agent] - 0.001' }
        const answer = await fetch(url + path, { headers })
        await answer.text()
      }),
    )
  }
  return sent
}

/** The records of a log, whose format is recognised. */
function recordsOf(lines: readonly string[], named?: LineFormat): RequestRecord[] {
  const recognised = [named, ...ACCESS_LOGS].find((format) =>
    format?.looksLike(`${lines.join('\n')}\n`),
  )
  if (recognised?.kind !== 'lines') throw new Error(`expected an access log, got ${lines[0]}`)
  return lines.map(recognised.reader()).filter((record) => record !== null)
}

/** The same by their kinds. */
function requestsOf(lines: readonly string[], named?: LineFormat): Map<string, RequestRecord> {
  const records = recordsOf(lines, named)
  expect(records).toHaveLength(REQUESTS)
  return new Map(records.map((record) => [record.kind!, record]))
}

/** Records agree with what was seen, where their times may be cut to steps, ms. */
function expectSeen(
  records: ReadonlyMap<string, RequestRecord>,
  sent: ReadonlyMap<string, number>,
  stepMs: number,
): void {
  for (const [path, { beganMs, endedMs }] of served) {
    const { sentMs, endMs, ok } = records.get(path)!
    expect(sentMs + stepMs).toBeGreaterThanOrEqual(sent.get(path)! - ROUNDED_MS)
    expect(sentMs).toBeLessThanOrEqual(beganMs + ROUNDED_MS)
    expect(endMs + stepMs).toBeGreaterThanOrEqual(endedMs - ROUNDED_MS)
    expect(endMs - sentMs).toBeGreaterThanOrEqual(endedMs - beganMs - ROUNDED_MS)
    expect(ok).toBe(path.endsWith('/answered'))
  }
}

const byTime = (records: ReadonlyMap<string, RequestRecord>, ms: (r: RequestRecord) => number) =>
  [...records].sort(([, a], [, b]) => ms(a) - ms(b)).map(([path]) => path)

/** Requests that are malformed, or try to write lines of their own. */
const HOSTILE = [
  'GET /a"b/c\\d HTTP/1.1\r\nHost: x\r\nUser-Agent: q" 0.001 "\\\x01\x7f\xff',
  'GET /a b HTTP/1.1\r\nHost: x',
  'GET /\x1b[31m HTTP/1.1\r\nHost: x',
  `GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa('a [10/Oct/2000 - "GET:x')}`,
  `GET /${'x'.repeat(3000)} HTTP/1.1\r\nHost: x`,
  'OPTIONS * HTTP/1.1\r\nHost: x',
  '\x16\x03\x01\x02\x00"',
]

/** Sends these, one after the other. */
async function sendHostile(url: string): Promise<void> {
  for (const text of HOSTILE) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').resume()
    socket.write(Buffer.from(`${text}\r\nConnection: close\r\n\r\n`, 'latin1'))
    // a proxy may reset the connection of a request that it refuses
    socket.on('error', () => {})
    await new Promise((resolve) => socket.once('close', resolve))
  }
}

const TIMED = '$msec $request_time $status "$http_user_agent" "$request_uri"'

const FORMATS = {
  timed: `'${TIMED}'`,
  combined_timed: `'$remote_addr - $remote_user [$time_local] "$request" $status ' '$body_bytes_sent "$http_referer" "$http_user_agent" $request_time $upstream_response_time'`,
  json: `escape=json '{"msec":"$msec","request_time":$request_time,"status":$status,"request":"$request","agent":"$http_user_agent"}'`,
}

describe('nginx', () => {
  test('arrivals and latencies are as its client and its server saw them', async (context) => {
    needProxies(context, 'nginx')
    const nginx = await startNginx(port, FORMATS)
    const sent = await send(nginx.url, 1)
    const logs = await nginx.stop()
    const timed = requestsOf(logs.timed!, nginxReader(TIMED))
    expectSeen(timed, sent, 0)
    expectSeen(requestsOf(logs.json!), sent, 0)
    expectSeen(requestsOf(logs.combined_timed!), sent, 1000)
    // each was sent after the one before was answered
    expect(byTime(timed, ({ sentMs }) => sentMs)).toEqual([...served.keys()])
  })

  test('requests that overlap have their own arrivals and latencies', async (context) => {
    needProxies(context, 'nginx')
    const nginx = await startNginx(port, { timed: `'${TIMED}'` })
    const sent = await send(nginx.url, 10)
    const logs = await nginx.stop()
    expectSeen(requestsOf(logs.timed!, nginxReader(TIMED)), sent, 0)
  })
})

test('every line of hostile requests is read', async (context) => {
  needProxies(context, 'nginx', 'haproxy')
  const nginx = await startNginx(port, FORMATS)
  const haproxy = await startHaproxy(port)
  await Promise.all([sendHostile(nginx.url), sendHostile(haproxy.url)])
  const logs = { ...(await nginx.stop()), ...(await haproxy.stop()) }
  for (const [name, lines] of Object.entries(logs)) {
    const records = recordsOf(lines, name === 'timed' ? nginxReader(TIMED) : undefined)
    expect(records).toHaveLength(HOSTILE.length)
    expect(records.every(({ sentMs, endMs }) => endMs >= sentMs)).toBe(true)
  }
})

describe('haproxy', () => {
  test('queue times of a server with one slot are as the server saw them', async (context) => {
    needProxies(context, 'haproxy')
    const haproxy = await startHaproxy(port)
    const sent = await send(haproxy.url, 10)
    const logs = await haproxy.stop()
    const records = requestsOf(logs.raw!)
    const offsetMs = new Date().getTimezoneOffset() * 60_000
    const universal = new Map(
      [...records].map(([path, record]) => {
        const { sentMs, firstTokenMs, endMs } = record
        const [at, first, end] = [sentMs, firstTokenMs, endMs].map((ms) => ms + offsetMs)
        return [path, { ...record, sentMs: at!, firstTokenMs: first!, endMs: end! }]
      }),
    )
    expectSeen(universal, sent, 0)
    let before: Seen | null = null
    for (const [path, seen] of served) {
      const { sentMs, queueMs, firstTokenMs, endMs } = universal.get(path)!
      // it left the queue before the server had it, and after the one before was answered
      expect(sentMs + queueMs).toBeLessThanOrEqual(seen.beganMs + ROUNDED_MS)
      if (before !== null) {
        expect(sentMs + queueMs).toBeGreaterThanOrEqual(before.endedMs - ROUNDED_MS)
      }
      expect(firstTokenMs).toBeGreaterThanOrEqual(seen.endedMs - ROUNDED_MS)
      expect(firstTokenMs).toBeLessThanOrEqual(endMs)
      before = seen
    }
    expect(byTime(universal, ({ sentMs, queueMs }) => sentMs + queueMs)).toEqual([...served.keys()])
    // of ten requests at once some wait
    const waits = [...records.values()].map(({ queueMs }) => queueMs)
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(SERVICE_MS)
    expect(requestsOf(logs.syslog!)).toEqual(records)
  })
})
