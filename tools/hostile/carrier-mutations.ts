import type { Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Random } from '../../sim/kernel/index.ts'
import { pick } from '../fuzz/choose.ts'
import { mutateBytes } from '../fuzz/mutate-text.ts'
import type { BaseAnswer, BaseName } from './base-answer.ts'
import {
  bytesOf,
  type CallEnd,
  type HostileAnswer,
  type Mutation,
  type Scene,
  sends,
  sendsAndEnds,
  sendsForEver,
  sendsInPieces,
} from './hostile-answer.ts'

/** Mutations of HTTP and of connections: whatever the body says. */

const ANY: readonly BaseName[] = ['json', 'binary', 'metadata']
const mutation = (name: string, draw: Mutation['draw']): Mutation => ({ name, of: ANY, draw })

/** No HTTP, of which the parser may also lose the connection first. */
const NO_HTTP: readonly CallEnd[] = ['answer', 'connection lost']

const CHUNKED = 'Transfer-Encoding: chunked'
const chunk = (bytes: Uint8Array, extension = '') =>
  Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ])

/** A body in chunks of random sizes. */
function chunks(body: Uint8Array, random: Random): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.integer(40)
    parts.push(chunk(body.subarray(at, at + size)))
    at += size
  }
  return Buffer.concat(parts)
}

const chunkedHead = ({ headers }: BaseAnswer) =>
  bytesOf({ headers: [...headers, CHUNKED], length: null, body: '' })

/** An answer in chunks, with something in place of its last one. */
const withLast = (scene: Scene, last: string) =>
  Buffer.concat([
    chunkedHead(scene.base),
    chunks(scene.base.body, scene.random),
    Buffer.from(last, 'latin1'),
  ])

const withHeaders = ({ headers, body }: BaseAnswer, ...more: string[]) =>
  bytesOf({ headers: [...headers, ...more], body })

const withLength = ({ headers, body }: BaseAnswer, length: string) =>
  bytesOf({ headers, length, body })

const withStatus = ({ headers, body }: BaseAnswer, status: string) =>
  bytesOf({ status, headers, body })

/** One of several answers with the same end. */
const oneOf = (
  name: string,
  ends: CallEnd | readonly CallEnd[],
  answers: readonly ((scene: Scene) => Uint8Array)[],
) => mutation(name, (scene) => sends(ends, pick(scene.random, answers)(scene)))

const RIGHT: readonly Mutation[] = [
  oneOf('as it should be', 'right', [({ base }) => withHeaders(base)]),
  oneOf('unusual headers', 'right', [
    ({ base }) => withHeaders(base, 'X-Empty:', 'Set-Cookie: a=b', 'Set-Cookie: a=c'),
    ({ base }) => withHeaders(base, 'Location: /elsewhere', 'Refresh: 0; url=/elsewhere'),
    ({ base }) => withHeaders(base, '__proto__: a', 'constructor: b', 'toString: c'),
    ({ base }) => withHeaders(base, 'Content-Encoding: identity'),
    ({ base }) => withHeaders(base, `X-Long: ${'a'.repeat(8000)}`),
    ({ base, decoy }) => withHeaders(base, `Alt-Svc: h2="${decoy}"; ma=86400`),
    ({ base, decoy }) => withHeaders(base, `Link: <http://${decoy}/>; rel=preload`),
    ({ base }) => bytesOf({ ...base, headers: base.headers.map((text) => text.toUpperCase()) }),
  ]),
  oneOf('chunks', 'right', [
    (scene) => withLast(scene, '0\r\n\r\n'),
    (scene) => withLast(scene, '0;a=b\r\n\r\n'),
    (scene) => withLast(scene, '0\r\nX-After: a\r\n\r\n'),
  ]),
  mutation('pieces', ({ base, random }) =>
    sendsInPieces('right', withHeaders(base), { size: 50 + random.integer(50), everyMs: 2 }),
  ),
  oneOf('early hints', 'right', [
    ({ base }) =>
      Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'), withHeaders(base)]),
  ]),
  mutation('no length, and an end', ({ base }) =>
    sendsAndEnds('right', bytesOf({ ...base, length: null })),
  ),
  mutation('an end behind it', ({ base }) =>
    sendsAndEnds('right', withHeaders(base, 'Connection: close')),
  ),
]

const REDIRECTS = [300, 301, 302, 303, 307, 308]
const STATUSES = [
  ...[201, 202, 203, 206, 299, 400, 401, 403, 404, 407, 408, 409, 413, 418, 421, 425, 426],
  ...[428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 507, 511, 599],
]

const STATUS: readonly Mutation[] = [
  mutation('a status', ({ base, random }) => {
    const status = pick(random, STATUSES)
    return sends(
      'status',
      withStatus(base, `HTTP/1.1 ${status} A${'b'.repeat(random.integer(99))}`),
    )
  }),
  // a client may look for the body that its length states
  mutation('a status that has no body', ({ base, random }) =>
    sends(['status', 'answer'], withStatus(base, `HTTP/1.1 ${pick(random, [204, 304])} None`)),
  ),
  mutation('a status without a body', ({ random }) =>
    sends('status', `HTTP/1.1 ${pick(random, [204, 304])} None\r\n\r\n`),
  ),
  mutation('a redirect to another server', ({ base, random, decoy }) => {
    const to = pick(random, [`http://${decoy}/v2`, `//${decoy}`, `http://a:b@${decoy}/`])
    const status = `HTTP/1.1 ${pick(random, REDIRECTS)} Moved`
    return sends('status', bytesOf({ ...base, status, headers: [`Location: ${to}`] }))
  }),
  oneOf('what a browser would ask elsewhere', 'status', [
    ({ base, decoy }) =>
      bytesOf({
        ...base,
        status: 'HTTP/1.1 305 Use Proxy',
        headers: [`Location: http://${decoy}`],
      }),
    ({ base }) =>
      bytesOf({
        ...base,
        status: 'HTTP/1.1 401 No',
        headers: ['WWW-Authenticate: Basic realm="a"'],
      }),
    ({ base, decoy }) =>
      bytesOf({
        ...base,
        status: 'HTTP/1.1 503 Later',
        headers: [`Refresh: 0; url=http://${decoy}`],
      }),
  ]),
  oneOf('a text for a terminal', 'status', [
    () => bytesOf({ status: 'HTTP/1.1 500 \u001b[2J', headers: [], body: '\u001b[2J\u202e\u0007' }),
    () => bytesOf({ status: 'HTTP/1.1 500 A', headers: [], body: '\n::error::a\n##[error]b' }),
  ]),
]

const NO_HTTP_MUTATIONS: readonly Mutation[] = [
  oneOf('a wrong first line', NO_HTTP, [
    ({ base }) => withStatus(base, 'HTTP/9.9 200 OK'),
    ({ base }) => withStatus(base, 'HTTP/1.1 2000 OK'),
    ({ base }) => withStatus(base, 'HTTP/1.1 20 OK'),
    ({ base }) => withStatus(base, 'HTTP/1.1 -200 OK'),
    ({ base }) => withStatus(base, 'HTTP/1.1 OK'),
    ({ base }) => withStatus(base, 'HTTP1.1 200 OK'),
    ({ base }) => withStatus(base, 'GET / HTTP/1.1'),
    ({ base }) => withStatus(base, 'ICY 200 OK'),
    ({ base }) => withStatus(base, '\u0000\u0000'),
    ({ base }) => base.body,
    () => Buffer.from('SSH-2.0-hello\r\n\r\n'),
    () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    ({ random }) => Buffer.from(Uint8Array.from({ length: 300 }, () => 128 + random.integer(128))),
  ]),
  oneOf('wrong headers', NO_HTTP, [
    ({ base }) => withHeaders(base, 'no colon'),
    ({ base }) => withHeaders(base, 'X-Null: a\u0000b'),
    ({ base }) => withHeaders(base, 'X Space: a'),
    ({ base }) => withHeaders(base, ': a'),
    ({ base }) => withHeaders(base, `X-Long: ${'a'.repeat(1e6)}`),
    ({ base }) => withHeaders(base, `${'X'.repeat(1e6)}: a`),
  ]),
  oneOf('a wrong length', NO_HTTP, [
    ({ base }) => withLength(base, '-1'),
    ({ base }) => withLength(base, 'NaN'),
    ({ base }) => withLength(base, '0x10'),
    ({ base }) => withLength(base, '99999999999999999999999'),
    ({ base }) => withHeaders(base, 'Content-Length: 7'),
    ({ base }) => withHeaders(base, CHUNKED),
  ]),
  oneOf('wrong chunks', NO_HTTP, [
    ({ base }) => Buffer.concat([chunkedHead(base), Buffer.from('zz\r\n')]),
    ({ base }) => Buffer.concat([chunkedHead(base), Buffer.from('-5\r\n')]),
    ({ base }) => Buffer.concat([chunkedHead(base), Buffer.from(`${'f'.repeat(17)}\r\n`)]),
    ({ base }) => Buffer.concat([chunkedHead(base), Buffer.from('2\r\n{}}}}\r\n')]),
    (scene) => withLast(scene, '0\r\nno colon\r\n\r\n'),
  ]),
  mutation('1,000,000 headers', ({ base }) => ({
    ends: NO_HTTP,
    play: (socket) => {
      const many = Array.from({ length: 1e6 }, (_, i) => `X-${i}: ${i}`)
      socket.write(withHeaders(base, many.join('\r\n')))
    },
  })),
  oneOf('a go-ahead that was not asked for', NO_HTTP, [
    ({ base }) => Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), withHeaders(base)]),
    () => Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'),
  ]),
  mutation('a switch to another protocol', ({ base, random }) =>
    sends(NO_HTTP, withStatus(base, `HTTP/1.1 101 ${pick(random, ['Switching', ''])}`)),
  ),
]

const FIRST = 'HTTP/1.1 200 OK\r\n'

const ENDLESS: readonly Mutation[] = [
  mutation('endless headers', () =>
    sendsForEver(NO_HTTP, FIRST, 'X-More: and more\r\n'.repeat(1000)),
  ),
  mutation('an endless header', () => sendsForEver(NO_HTTP, `${FIRST}X-A: `, 'a'.repeat(50_000))),
  mutation('an endless first line', () => {
    return sendsForEver([...NO_HTTP, 'time-out'], 'HTTP/1.1 200 ', 'a'.repeat(50_000))
  }),
  mutation('endless early hints', () =>
    sendsForEver(
      ['time-out', ...NO_HTTP],
      '',
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(500),
    ),
  ),
  mutation('an endless body', ({ base, random }) => {
    const headers = [...base.headers]
    const ends: readonly CallEnd[] = ['answer', 'time-out']
    const body = pick(random, [' ', '[', '0,', '\u0000', 'a']).repeat(30_000)
    if (random.integer(2) === 0) {
      return sendsForEver(ends, bytesOf({ headers, length: null, body: '' }), body)
    }
    return sendsForEver(ends, chunkedHead(base), chunk(Buffer.from(body)))
  }),
  mutation('a body that is said to be of 1 TB', ({ base }) =>
    sendsForEver(
      ['answer', 'time-out'],
      withLength({ ...base, body: Buffer.alloc(0) }, `${2 ** 40}`),
      Buffer.alloc(65_536, 32),
    ),
  ),
  mutation('endless extensions of a chunk', ({ base }) =>
    sendsForEver(
      ['time-out', ...NO_HTTP],
      Buffer.concat([chunkedHead(base), Buffer.from('5;')]),
      'a=b;'.repeat(9000),
    ),
  ),
  mutation('endless trailers', (scene) =>
    sendsForEver(NO_HTTP, withLast(scene, '0\r\n'), 'X-More: and more\r\n'.repeat(1000)),
  ),
]

/** A part of an answer, and then nothing. */
const partOf = ({ base, random }: Scene) => {
  const whole = withHeaders(base)
  return whole.subarray(0, random.integer(whole.length))
}

const SLOW: readonly Mutation[] = [
  mutation('silence', () => ({ ends: ['time-out'], play: () => {} })),
  oneOf('a part, and silence', 'time-out', [
    partOf,
    ({ base }) => withLength(base, `${base.body.length + 1}`),
    (scene) => withLast(scene, ''),
    (scene) => withLast(scene, '0\r\n'),
    ({ base }) => bytesOf({ ...base, length: null }),
  ]),
  mutation('a byte now and then', ({ base }) =>
    sendsInPieces('time-out', withHeaders(base), { size: 1, everyMs: 30 }),
  ),
  mutation('a header, and its body byte by byte', ({ base }) => {
    const slow = sendsInPieces('time-out', base.body, { size: 1, everyMs: 30 })
    const play = (socket: Socket) => {
      socket.write(withLength({ ...base, body: Buffer.alloc(0) }, `${base.body.length}`))
      slow.play(socket)
    }
    return { ends: slow.ends, play }
  }),
]

const resets = (bytes: Uint8Array, ends: readonly CallEnd[]): HostileAnswer => ({
  ends,
  play: (socket) => void socket.write(bytes, () => socket.resetAndDestroy()),
})

const LOST: readonly Mutation[] = [
  mutation('an end', () => sendsAndEnds('connection lost', '')),
  mutation('a reset', () => ({
    ends: ['connection lost'],
    play: (socket) => void socket.resetAndDestroy(),
  })),
  mutation('a part, and an end', (scene) =>
    // a cut first line is no HTTP
    sendsAndEnds(NO_HTTP, partOf(scene)),
  ),
  mutation('a part, and a reset', (scene) => resets(partOf(scene), NO_HTTP)),
  mutation('a length that is too long', ({ base, random }) => {
    const length = `${base.body.length + 1 + random.integer(1000)}`
    return sendsAndEnds(NO_HTTP, withLength(base, length))
  }),
  mutation('chunks without a last one', (scene) => sendsAndEnds(NO_HTTP, withLast(scene, ''))),
]

/** The bomb of a terabyte of zeros: members of gzip may follow each other. */
let bomb: Buffer | null = null
function gzipBomb(): Buffer {
  bomb ??= Buffer.concat(new Array(100).fill(gzipSync(Buffer.alloc(2 ** 27))))
  return bomb
}

const WRONG: readonly Mutation[] = [
  mutation('a length that is too short', ({ base, random }) =>
    sends(NO_HTTP, withLength(base, `${random.integer(base.body.length)}`)),
  ),
  oneOf('an encoding', 'answer', [
    ({ base }) =>
      bytesOf({ headers: [...base.headers, 'Content-Encoding: gzip'], body: gzipSync(base.body) }),
    ({ base }) =>
      bytesOf({
        headers: [...base.headers, 'Content-Encoding: br'],
        body: brotliCompressSync(base.body),
      }),
    ({ base }) => withHeaders(base, 'Content-Encoding: gzip'),
    ({ base }) => withHeaders(base, 'Content-Encoding: gzip, deflate, identity'),
  ]),
  mutation('a bomb', ({ base, random }) => {
    const encoding = pick(random, ['gzip', 'x-gzip', 'gzip, gzip'])
    const headers = [...base.headers, `Content-Encoding: ${encoding}`]
    const play = (socket: Socket) => void socket.write(bytesOf({ headers, body: gzipBomb() }))
    return { ends: ['answer', 'time-out'], play }
  }),
  mutation('a second answer behind it', ({ base, random }) => {
    const second = pick(random, [
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}',
      'HTTP/1.1 100 A',
    ])
    return sends('right', Buffer.concat([withHeaders(base), Buffer.from(second)]))
  }),
]

const RANDOM: readonly Mutation[] = [
  mutation('random changes of the head', ({ base, random }) => {
    const whole = withHeaders(base)
    const head = whole.subarray(0, whole.length - base.body.length)
    const bytes = Buffer.concat([mutateBytes(head, random), base.body])
    // the body is whole: an answer may be right
    const ends = ['right', 'status', 'answer', 'connection lost', 'time-out'] as const
    return sends(ends, bytes)
  }),
]

export const CARRIER_MUTATIONS: readonly Mutation[] = [
  ...RIGHT,
  ...STATUS,
  ...NO_HTTP_MUTATIONS,
  ...ENDLESS,
  ...SLOW,
  ...LOST,
  ...WRONG,
  ...RANDOM,
  ...RANDOM,
]
