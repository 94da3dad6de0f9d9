import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { serverMetrics } from '../../../scenarios/evidence/prometheus/index.ts'
import { Failure } from '../../../scenarios/index.ts'
import { type PrometheusOptions, scrapedMetrics } from './prometheus-client.ts'

const FROM_S = 1_795_996_800
const COUNTER = 'http_requests_total'

let server: Server
let asked: URL[]
let answer: RequestListener

beforeEach(async () => {
  asked = []
  server = createServer((request, response) => {
    asked.push(new URL(request.url!, 'http://host'))
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
})

const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const read = (options: Partial<PrometheusOptions> = {}) =>
  scrapedMetrics({
    url: options.url ?? address(),
    server: serverMetrics('generic', new Map([['arrived', COUNTER]])),
    window: { from_s: FROM_S, to_s: FROM_S + 3600 },
    ...options,
  })

async function problemOf(options: Partial<PrometheusOptions> = {}): Promise<string> {
  const error = await read(options).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(Failure)
  return (error as Failure).message
}

/** A server that lies in the same way each time. */
function always(status: number, type: string, body: string, headers = {}): void {
  answer = (_, response) => {
    response.writeHead(status, { 'content-type': type, ...headers })
    response.end(body)
  }
}

const JSON_TYPE = 'application/json'
const matrix = (result: unknown) =>
  JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })

/** Prometheus with one counter of 2 requests/s, scraped at 5 s past each quarter of a minute. */
function scraping(interval_s = 15, others_s: readonly number[] = []): void {
  const metric = { __name__: COUNTER }
  answer = (_, response) => {
    const { pathname, searchParams } = asked.at(-1)!
    const number = (name: string) => Number(searchParams.get(name))
    const values: [number, string][] = []
    if (pathname.endsWith('/query')) {
      const last = FROM_S + 5 + interval_s * Math.floor((number('time') - FROM_S - 5) / interval_s)
      for (let i = 40; i >= 0; i--) values.push([last - i * interval_s + 0.001 * (i % 3), '7'])
    } else {
      for (let at = number('start'); at <= number('end') + 1e-6; at += number('step')) {
        values.push([at, String(2 * (at - FROM_S))])
      }
    }
    response.writeHead(200, { 'content-type': JSON_TYPE })
    const shifted = others_s.map((shift_s, i) => ({
      metric: { ...metric, instance: String(i) },
      values: values.map(([at, value]) => [at + shift_s, value]),
    }))
    response.end(matrix([{ metric, values }, ...shifted]))
  }
}

describe('a server with the metric', () => {
  test('is asked for the middle between its scrapes, and for fresh samples only', async () => {
    scraping()
    const { series, step_s, notes } = await read()
    expect({ step_s, notes }).toEqual({ step_s: 15, notes: [] })
    expect(asked.map(({ pathname }) => pathname)).toEqual(['/api/v1/query', '/api/v1/query_range'])
    const range = Object.fromEntries(asked[1]!.searchParams)
    expect(range).toEqual({
      query: `${COUNTER} and (time() - timestamp(${COUNTER}) < 16.500)`,
      start: `${FROM_S + 12}.500`,
      end: `${FROM_S + 3600}.000`,
      step: '15',
    })
    const [one] = series.get(COUNTER)!
    expect(one!.times).toHaveLength(240)
    expect(one!.values[4]! - one!.values[3]!).toBe(30)
  })

  test('is asked far from the scrapes of all its targets', async () => {
    scraping(15, [1, 9])
    await read()
    // scrapes at 5, 6 and 14 s past: from 6 to 14 is the longest time without one
    expect(asked[1]!.searchParams.get('start')).toBe(`${FROM_S + 10}.000`)
  })

  test('is asked in pieces of at most 11,000 points', async () => {
    scraping(1)
    const { series, step_s } = await read({ window: { from_s: FROM_S, to_s: FROM_S + 25_000 } })
    expect(step_s).toBe(1)
    expect(asked.filter(({ pathname }) => pathname.endsWith('range'))).toHaveLength(3)
    expect(series.get(COUNTER)!).toHaveLength(1)
    expect(series.get(COUNTER)![0]!.times).toHaveLength(25_000)
  })

  test('is asked for longer steps in a long window', async () => {
    scraping(1)
    const { step_s } = await read({ window: { from_s: FROM_S - 120_000, to_s: FROM_S } })
    expect(step_s).toBe(3)
  })

  test('has whole intervals in a stated step', async () => {
    scraping()
    expect((await read({ step_s: 40 })).step_s).toBe(45)
    expect((await read({ step_s: 5 })).step_s).toBe(15)
  })

  test('gets labels, whatever they hold', async () => {
    scraping()
    await read({ labels: new Map([['model', 'a"}\\\n']]) })
    expect(asked[0]!.searchParams.get('query')).toBe(`${COUNTER}{model="a\\"}\\\\\\n"}[600s]`)
  })

  test('may have a path prefix, and may be stated with the path of a query', async () => {
    scraping()
    await read({ url: `${address()}/prometheus` })
    await read({ url: `${address()}/prometheus/api/v1/query_range?query=up` })
    expect(new Set(asked.map(({ pathname }) => pathname))).toEqual(
      new Set(['/prometheus/api/v1/query', '/prometheus/api/v1/query_range']),
    )
  })

  test('has its warnings reported once', async () => {
    const warnings = ['a store is gone']
    answer = (_, response) => {
      response.setHeader('content-type', JSON_TYPE)
      const values = [1, 2, 3].map((i) => [FROM_S + i, String(i)])
      const result = [{ metric: { __name__: COUNTER }, values }]
      response.end(
        JSON.stringify({ status: 'success', warnings, data: { resultType: 'matrix', result } }),
      )
    }
    expect((await read()).notes).toEqual(warnings)
  })
})

test('a label with another name is refused', async () => {
  expect(await problemOf({ labels: new Map([['a="b",c', 'd']]) })).toBe(
    'expected the name of a label, got "a=\\"b\\",c"',
  )
})

describe('a token', () => {
  const TOKEN = 's3cret-token'

  test('is sent, and stands in no message', async () => {
    vi.stubEnv('PROMETHEUS_TOKEN', TOKEN)
    const sent: unknown[] = []
    answer = (request, response) => {
      sent.push(request.headers.authorization)
      response.writeHead(401).end(request.headers.authorization)
    }
    const problem = await problemOf({ tokenVariable: 'PROMETHEUS_TOKEN' })
    expect(sent).toEqual([`Bearer ${TOKEN}`])
    expect(problem).toContain('expected access, got 401; name the environment variable of a token')
    expect(problem).not.toContain(TOKEN)
    vi.unstubAllEnvs()
  })

  test.each([
    ['', 'got nothing'],
    [`${TOKEN}\r\nx: y`, 'got another text'],
    ['ключ', 'got another text'],
  ])('is not sent where it is none: %j', async (value, problem) => {
    vi.stubEnv('PROMETHEUS_TOKEN', value)
    const found = await problemOf({ tokenVariable: 'PROMETHEUS_TOKEN' })
    expect(found).toContain(`in the environment variable PROMETHEUS_TOKEN, ${problem}`)
    expect(found).not.toContain(TOKEN)
    expect(asked).toEqual([])
    vi.unstubAllEnvs()
  })

  test('is not sent to another machine over plain http', async () => {
    vi.stubEnv('PROMETHEUS_TOKEN', TOKEN)
    const options = { url: 'http://prometheus.test:9', allowedHosts: ['prometheus.test'] }
    const problem = await problemOf({ ...options, tokenVariable: 'PROMETHEUS_TOKEN' })
    expect(problem).toBe('http://prometheus.test:9/: expected https for a token, got http')
    vi.unstubAllEnvs()
  })
})

test.each([
  ['prometheus', 'expected an address such as http://127.0.0.1:9090, got "prometheus"'],
  ['file:///etc/passwd', 'expected an address such as'],
  ['http://a:b@localhost', 'expected an address without user and password'],
  ['http://10.0.0.1:9090', 'expected a loopback address, got 10.0.0.1; allow it with'],
  ['http://127.0.0.1.example.com', 'expected a loopback address, got 127.0.0.1.example.com'],
  ['http://localhost.example.com', 'expected a loopback address'],
])('the address %s is refused', async (url, problem) => {
  expect(await problemOf({ url })).toContain(problem)
})

describe('refused, with a message that names the address, is', () => {
  test('no server', async () => {
    const closed = address()
    await new Promise((resolve) => server.close(resolve))
    expect(await problemOf({ url: closed })).toBe(
      `${closed}/: cannot be asked: connection refused: is it running there?`,
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  test('another server', async () => {
    always(404, 'text/html', '<h1>not here</h1>')
    expect(await problemOf()).toBe(
      `${address()}/: expected the API of Prometheus at api/v1/query, got 404 with text/html`,
    )
  })

  test('JSON that is no response', async () => {
    always(200, JSON_TYPE, '{"status":"success","data":[]}')
    expect(await problemOf()).toContain('data: expected a map, got an empty list')
    always(200, JSON_TYPE, '{"status":"succ')
    expect(await problemOf()).toContain('not JSON')
  })

  test('an error that it reports', async () => {
    const body = { status: 'error', errorType: 'bad_data', error: 'invalid parameter "query"' }
    always(400, JSON_TYPE, JSON.stringify(body))
    expect(await problemOf()).toContain(
      'status: the server reports bad_data: invalid parameter "query"',
    )
  })

  test('a redirect, which is not followed', async () => {
    always(302, 'text/plain', '', { location: `${address()}/elsewhere` })
    expect(await problemOf()).toContain('expected an answer, got a redirect to http://127.0.0.1')
    expect(asked).toHaveLength(1)
  })

  test('a body without end', async () => {
    const piece = ' '.repeat(1 << 16)
    answer = (_, response) => {
      response.setHeader('content-type', JSON_TYPE)
      const write = () => {
        while (!response.destroyed && response.write(piece)) {}
      }
      response.on('drain', write)
      write()
    }
    expect(await problemOf({ mostBytes: 1 << 20 })).toContain(
      'expected an answer of at most 1.00 MiB, got more; select by labels',
    )
  })

  test('a body that arrives byte by byte', async () => {
    answer = (_, response) => {
      response.setHeader('content-type', JSON_TYPE)
      const timer = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(timer))
    }
    expect(await problemOf({ timeoutMs: 200 })).toContain('expected an answer in 0.2 s, got none')
  })

  test('no answer', async () => {
    answer = () => {}
    expect(await problemOf({ timeoutMs: 100 })).toContain('expected an answer in 0.1 s, got none')
  })

  test('a connection that breaks', async () => {
    answer = (_, response) => {
      response.write('{')
      response.destroy()
    }
    expect(await problemOf()).toContain('cannot be asked: the connection was closed')
  })

  test('a window shorter than two steps', async () => {
    scraping()
    const window = { from_s: FROM_S, to_s: FROM_S + 10 }
    expect(await problemOf({ window })).toContain('steps of 15 s, got a window of 10 s')
  })
})

describe('a metric without samples', () => {
  const withNames = (names: unknown) => {
    answer = (_, response) => {
      response.setHeader('content-type', JSON_TYPE)
      const isNames = asked.at(-1)!.pathname.endsWith('/label/__name__/values')
      response.end(isNames ? JSON.stringify({ status: 'success', data: names }) : matrix([]))
    }
  }

  test('is refused with near names', async () => {
    withNames(['up', 'http_request_total', 7, 'x'.repeat(1e6), 'go_threads'])
    expect(await problemOf()).toBe(
      `${address()}/: expected samples of ${COUNTER} in the window, got none; it has ` +
        'http_request_total',
    )
  })

  test('is refused with names of the same server, or none', async () => {
    withNames(['up', 'http_first', 'http_second'])
    expect(await problemOf()).toContain('it has http_first, http_second')
    withNames({ up: 1 })
    expect(await problemOf({ labels: new Map([['job', 'a']]) })).toContain(
      'with these labels in the window, got none; it has none like it',
    )
  })
})

test('an interruption ends a request', async () => {
  const interruption = new AbortController()
  answer = () => interruption.abort()
  expect(await problemOf({ signal: interruption.signal })).toBe('interrupted')
})
