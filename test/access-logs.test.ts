import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACCESS_LOGS, nginxReader } from '../scenarios/evidence/access-logs/index.ts'
import type { LineFormat, RequestRecord } from '../scenarios/evidence/request-record.ts'
import { isAbsent, startHaproxy, startNginx } from './proxies.ts'

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

/** The records of a log by their kinds, as its format is recognised. */
function recordsOf(lines: readonly string[], named?: LineFormat): Map<string, RequestRecord> {
  const recognised = [named, ...ACCESS_LOGS].find((format) =>
    format?.looksLike(`${lines.join('\n')}\n`),
  )
  if (recognised?.kind !== 'lines') throw new Error(`expected an access log, got ${lines[0]}`)
  const read = recognised.reader()
  const records = lines.map(read).filter((record) => record !== null)
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

const TIMED = '$msec $request_time $status "$http_user_agent" "$request_uri"'

describe.skipIf(isAbsent('nginx'))('nginx', () => {
  test('arrivals and latencies are as its client and its server saw them', async () => {
    const nginx = await startNginx(port, {
      timed: `'${TIMED}'`,
      combined_timed: `'$remote_addr - $remote_user [$time_local] "$request" $status ' '$body_bytes_sent "$http_referer" "$http_user_agent" $request_time $upstream_response_time'`,
      json: `escape=json '{"msec":"$msec","request_time":$request_time,"status":$status,"request":"$request","agent":"$http_user_agent"}'`,
    })
    const sent = await send(nginx.url, 1)
    const logs = await nginx.stop()
    const timed = recordsOf(logs.timed!, nginxReader(TIMED))
    expectSeen(timed, sent, 0)
    expectSeen(recordsOf(logs.json!), sent, 0)
    expectSeen(recordsOf(logs.combined_timed!), sent, 1000)
    // each was sent after the one before was answered
    expect(byTime(timed, ({ sentMs }) => sentMs)).toEqual([...served.keys()])
  })

  test('requests that overlap have their own arrivals and latencies', async () => {
    const nginx = await startNginx(port, { timed: `'${TIMED}'` })
    const sent = await send(nginx.url, 10)
    const logs = await nginx.stop()
    expectSeen(recordsOf(logs.timed!, nginxReader(TIMED)), sent, 0)
  })
})

describe.skipIf(isAbsent('haproxy'))('haproxy', () => {
  test('queue times of a server with one slot are as the server saw them', async () => {
    const haproxy = await startHaproxy(port)
    const sent = await send(haproxy.url, 10)
    const logs = await haproxy.stop()
    const records = recordsOf(logs.raw!)
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
    expect(recordsOf(logs.syslog!)).toEqual(records)
  })
})
