import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordProblem } from '../request-record.ts'
import {
  backslashed,
  clientText,
  formatNamed,
  hashed,
  looking,
  PIECES,
  recordOf,
} from './access-logs.test-helper.ts'
import { ALB } from './alb.ts'
import { ENVOY } from './envoy.ts'
import { HAPROXY } from './haproxy.ts'
import { ACCESS_LOGS, nginxReader } from './index.ts'
import { linePattern } from './line-pattern.ts'
import { NGINX } from './nginx.ts'
import { scansByName, secondsWithMs, unspaced, upstreamList, word } from './value-scans.ts'

const END = Date.UTC(2025, 11, 3, 6, 3, 7)

describe('no text of a client changes a figure', () => {
  test('of nginx, format combined', () => {
    fc.assert(
      fc.property(clientText, clientText, clientText, (user, request, agent) => {
        const texts = [user, request, agent].map(backslashed)
        const line =
          `10.0.0.1 - ${texts[0]} [03/Dec/2025:06:03:07 +0000] "${texts[1]}" 200 612 ` +
          `"${texts[2]}" "${texts[2]}" 0.250 0.248`
        const record = recordOf(formatNamed('nginx'), line)
        expect(record).toMatchObject({ sentMs: END - 250, endMs: END, ok: true })
      }),
    )
  })

  test('of nginx, JSON lines', () => {
    fc.assert(
      fc.property(clientText, (text) => {
        const line = JSON.stringify({
          request: text,
          msec: '1764741787.000',
          request_time: '0.250',
          status: '200',
          http_user_agent: text,
        })
        const format = nginxReader(
          '{"request":"$request","msec":"$msec","request_time":"$request_time",' +
            '"status":"$status","http_user_agent":"$http_user_agent"}',
        )
        const records = [formatNamed('nginx-json'), format].map((log) => recordOf(log, line))
        for (const record of records) {
          expect(record).toMatchObject({ sentMs: END - 250, endMs: END, ok: true })
        }
      }),
    )
  })

  test('of haproxy, captured headers and requests', () => {
    fc.assert(
      fc.property(clientText, clientText, (header, request) => {
        const line =
          '10.0.1.2:33317 [03/Dec/2025:06:03:07.000] http-in static/srv1 1/2/3/4/20 200 2750 - - ' +
          `---- 1/1/1/1/0 0/0 {${hashed(header)}} {} "${hashed(request)}"`
        for (const prefix of ['', 'Dec  3 06:03:07 lb haproxy[1]: ']) {
          const record = recordOf(formatNamed('haproxy'), `${prefix}${line}`)
          expect(record).toMatchObject({ sentMs: END, endMs: END + 20, queueMs: 2, ok: true })
        }
      }),
    )
  })

  test('of Envoy, whatever stands behind the figures', () => {
    fc.assert(
      fc.property(clientText, (agent) => {
        const line =
          '[2025-12-03T06:03:07.000Z] "GET /v1/models HTTP/2" 200 - 154 0 226 100 "10.0.35.28" ' +
          `"${agent}" "cc21" "locations" "10.0.2.1:80"`
        const record = recordOf(formatNamed('envoy'), line)
        expect(record).toMatchObject({ sentMs: END, endMs: END + 226, ok: true })
      }),
    )
  })

  test('of the Application Load Balancer', () => {
    fc.assert(
      fc.property(clientText, clientText, (request, agent) => {
        const line =
          'http 2025-12-03T06:03:07.250000Z app/a/b 10.0.0.1:2817 10.0.0.2:80 0.000 0.200 0.000 ' +
          `200 200 34 366 "${backslashed(request)}" "${backslashed(agent)}" - - arn "Root=1" ` +
          '"-" "-" 0 2025-12-03T06:03:07.000000Z "forward" "-" "-" "10.0.0.2:80" "200" "-" "-"'
        const record = recordOf(formatNamed('aws-alb'), line)
        expect(record).toMatchObject({ sentMs: END, endMs: END + 250, ok: true })
      }),
    )
  })
})

test('any line has a record, none, or a problem, and looks like one format at most', () => {
  const line = fc
    .array(fc.oneof(fc.constantFrom(...PIECES, ...LINES), clientText), { maxLength: 6 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(line, (text) => {
      expect(looking(text).length).toBeLessThanOrEqual(1)
      for (const format of ACCESS_LOGS) {
        if (format.kind !== 'lines') continue
        try {
          const record = format.reader()(text)
          if (record === null) continue
          expect(record.sentMs).toBeGreaterThan(0)
          expect(record.endMs < record.sentMs).toBe(false)
          expect(record.kind?.length ?? 0).toBeLessThanOrEqual(60)
        } catch (error) {
          expect(error).toBeInstanceOf(RecordProblem)
          expect(`${error}`).toMatch(/^RecordProblem: (\w+: )?expected ./)
        }
      }
    }),
  )
})

/** Lines of each server up to the text of a client. */
const LINES = [
  '10.0.0.1 - ',
  '10.0.0.1 - - [03/Dec/2025:06:03:07 +0000] "GET ',
  '10.0.1.2:1 [03/Dec/2025:06:03:07.000] f b/s 1/2/3/4/20 200 2750 - - ---- 1/1/1/1/0 0/0 {',
  '10.0.1.2:1 [03/Dec/2025:06:03:07.000] f b/s 1/2/3/4/20 200 2750 a=',
  '[2025-12-03T06:03:07.000Z] "GET ',
  '[2025-12-03T06:03:07.000Z] "GET / HTTP/1.1" 200 - ',
  'http 2025-12-03T06:03:07.250000Z app/a/b 10.0.0.1:2817 10.0.0.2:80 0.000 0.200 0.000 200 200 34 366 "',
]

/** A line that counts how often one of its characters is looked at. */
let steps = 0

class CountedLine extends String {
  override charCodeAt(index: number): number {
    steps++
    return super.charCodeAt(index)
  }

  override startsWith(text: string, position?: number): boolean {
    steps++
    return super.startsWith(text, position)
  }
}

type Read = (line: string) => unknown

/** Free text before each kind of value, which is searched for at every character. */
const SEARCHED = linePattern(
  '$a $b_list "$c" $d_word "$e" $f_seconds',
  scansByName([upstreamList, 'b_list'], [word, 'd_word'], [secondsWithMs, 'f_seconds']),
)

describe('the steps to read a line grow as its length', () => {
  const readers = [
    ...[...NGINX, ...ENVOY, HAPROXY, ALB].map((log) => [log.name, log.fields] as const),
    ['haproxy, others', HAPROXY.isOther!] as const,
    ['searched', SEARCHED.match] as const,
  ]
  const stepsOf = (read: Read, text: string) => {
    steps = 0
    read(new CountedLine(text) as string)
    return steps
  }

  /** Four times the length of a line takes 4 times the steps, where its square would take 16. */
  const isLinear = (read: Read, head: string, unit: string, length: number) => {
    const [short, long] = [length, 4 * length].map((most) =>
      stepsOf(read, head + unit.repeat(Math.ceil(most / unit.length))),
    )
    return long! < 5 * short! + 20_000
  }

  test('a reader that reads its lines again and again is found', () => {
    const { match } = linePattern('$a$b "', scansByName([unspaced, 'b']))
    expect(isLinear(match, '', 'x', 512)).toBe(false)
  })

  test.each(readers)('%s', (_, read) => {
    const units = fc.array(fc.constantFrom(...PIECES, 'a', 'a, a', '1'), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(fc.constantFrom('', ...LINES), units, (head, parts) => {
        const unit = parts.join('')
        expect(isLinear(read, head, unit, 4096)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})
